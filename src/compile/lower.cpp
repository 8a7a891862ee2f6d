#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/compile/program.h"

namespace strata {

Port root_of(const Graph& graph, Port p) {
  while (graph.node(p.node).op->name == "reshape") p = graph.node(p.node).inputs[0];
  return p;
}

namespace {

// Builds the Region of nodes in their order: scalar constants that feed elementwise ops go inside, everything else from outside
// is an input.
class RegionBuilder {
 public:
  RegionBuilder(const Graph& graph, const std::vector<std::int32_t>& nodes, const std::vector<Port>& outputs) : graph_(graph) {
    for (const std::int32_t id : nodes) add(id);
    for (const Port& p : outputs) {
      step_.region.outputs.push_back({op_of_.at(p.node), p.output});
      step_.outputs.push_back(p);
      step_.output_bytes.push_back(array_type(graph.type(p)).bytes());
    }
    step_.nodes = nodes;
    step_.place = graph.node(nodes.back()).place;
  }
  ProgramStep take() { return std::move(step_); }

 private:
  void add(std::int32_t id) {
    const OpNode& n = graph_.node(id);
    RegionOp op{n.op->name, &n.attributes, {}, {}};
    for (const Port& p : n.inputs) op.inputs.push_back(source(p, n));
    for (const TensorType& t : n.outputs) op.outputs.push_back(array_type(t));
    op_of_[id] = static_cast<int>(step_.region.ops.size());
    step_.region.ops.push_back(std::move(op));
  }

  Source source(Port p, const OpNode& reader) {
    if (const auto inside = op_of_.find(p.node); inside != op_of_.end()) return {inside->second, p.output};
    const OpNode& producer = graph_.node(p.node);
    if (reader.op->kind == OpKind::elementwise && producer.op->name == "constant" && !producer.attributes.has("tensor")) {
      op_of_[p.node] = static_cast<int>(step_.region.ops.size());
      step_.region.ops.push_back({producer.op->name, &producer.attributes, {}, {array_type(producer.outputs[0])}});
      return {op_of_[p.node], 0};
    }
    const bool goes_along = reader.op->name == "reduce_sum" && !step_.region.ops.empty();
    if (goes_along && !input_of_.count(p))  // what the anchor reads in another shape is the same input
      for (const auto& [known, index] : input_of_)
        if (root_of(graph_, known) == root_of(graph_, p)) return reshaped({-1, index}, p);
    const auto [known, fresh] = input_of_.try_emplace(p, static_cast<int>(step_.inputs.size()));
    if (fresh) {
      step_.inputs.push_back(p);
      step_.region.inputs.push_back(array_type(graph_.type(p)));
    }
    return {-1, known->second};
  }

  Source reshaped(Source from, Port to) {
    step_.own_attributes.push_back(std::make_shared<const Attributes>(Attributes{{"shape", graph_.type(to).shape}}));
    step_.region.ops.push_back({"reshape", step_.own_attributes.back().get(), {from}, {array_type(graph_.type(to))}});
    return {static_cast<int>(step_.region.ops.size()) - 1, 0};
  }

  const Graph& graph_;
  ProgramStep step_;
  std::map<std::int32_t, int> op_of_;
  std::map<Port, int> input_of_;
};

// Who reads each value.
std::map<Port, std::vector<std::int32_t>> readers_of(const Graph& graph) {
  std::map<Port, std::vector<std::int32_t>> readers;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i)
    for (const Port& p : graph.nodes()[i].inputs) readers[p].push_back(static_cast<std::int32_t>(i));
  return readers;
}

struct Group {
  std::vector<std::int32_t> nodes;  // the anchor, its epilogue, what goes along; or elementwise ops in their order
  bool pointwise = false;
};

class Lowering {
 public:
  Lowering(Graph graph, Backend& backend, Backend& reference, const CompileOptions& options, const SteadyVariables& steady)
      : graph_(std::move(graph)), backend_(backend), reference_(reference), options_(options), steady_variables_(steady) {}

  Program run() {
    if (backend_.wants_filters_first()) graph_ = simplify(turn_kernels(graph_), options_, reference_);
    if (options_.fuse)
      if (const auto gated = gate(graph_, backend_)) graph_ = simplify(*gated, options_, reference_);
    decompose_what_has_no_kernel();
    group();
    std::vector<ProgramStep> steps = ordered();
    return {std::move(graph_), std::move(steps), std::move(choices_), std::move(unserved_)};
  }

 private:
  // --- kernels ---------------------------------------------------------------------------------------------------------
  std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) {
    std::vector<Candidate> found = backend_.candidates(region, refusals);
    if (backend_.uses_host_memory() && &backend_ != &reference_) {
      std::vector<Candidate> naive = reference_.candidates(region, refusals);
      std::move(naive.begin(), naive.end(), std::back_inserter(found));
    }
    if (const std::string* asked = asked_for(region)) {
      const auto is_it = [&](const Candidate& c) { return c.name == *asked; };
      if (*asked == split_choice && can_split(region)) found.clear();
      else if (std::none_of(found.begin(), found.end(), is_it)) unserved_.emplace(signature(region), *asked);
      else std::stable_partition(found.begin(), found.end(), is_it);
    }
    return found;
  }

  // The choice that was recorded for this region, or null.
  const std::string* asked_for(const Region& region) const {
    if (options_.choices.empty()) return nullptr;
    const auto choice = options_.choices.find(signature(region));
    return choice == options_.choices.end() ? nullptr : &choice->second;
  }

  static bool can_split(const Region& region) {
    const auto computes = std::count_if(region.ops.begin(), region.ops.end(), [](const RegionOp& op) { return op.name != "constant"; });
    return computes > 1 || op_named(region.ops[0].name).kind == OpKind::fused;
  }

  // Whether the backend has a kernel for a region of several ops. (The reference has none.)
  bool takes_whole(const std::vector<std::int32_t>& nodes) {
    const ProgramStep step = RegionBuilder(graph_, nodes, outputs_of(nodes)).take();
    const Region& region = step.region;
    const std::string* asked = asked_for(region);
    std::vector<Refusal> refusals;
    if (!(asked && *asked == split_choice) && !backend_.candidates(region, refusals).empty()) return true;
    if (asked && *asked != split_choice) unserved_.emplace(signature(region), *asked);
    record(choices_, signature(region), split_choice);
    return false;
  }

  ProgramStep single(std::int32_t id) const {
    std::vector<Port> outputs;
    for (std::size_t k = 0; k < graph_.node(id).outputs.size(); ++k) outputs.push_back({id, static_cast<std::int32_t>(k)});
    return RegionBuilder(graph_, {id}, outputs).take();
  }

  // --- choose: fused ops and their gradients ---------------------------------------------------------------------------
  // A forward op and the gradient ops that read its hidden outputs take kernels of one pair, or are decomposed together.
  void decompose_what_has_no_kernel() {
    for (;;) {
      pair_.clear();
      std::set<std::int32_t> without;
      std::vector<Refusal> refusals;
      for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
        const auto id = static_cast<std::int32_t>(i);
        if (graph_.node(id).op->kind != OpKind::fused || !graph_.node(id).op->forward.empty()) continue;
        const std::vector<std::int32_t> gradient_ops = hidden_readers(id);
        std::optional<std::string> pair;
        const std::string together = signature_of_pair(id, gradient_ops);
        const bool split = asked_to_split(together);
        for (const Candidate& c : candidates(single(id).region, refusals)) {
          const bool shared = std::all_of(gradient_ops.begin(), gradient_ops.end(), [&](std::int32_t g) {
            const auto found = candidates(single(g).region, refusals);
            return std::any_of(found.begin(), found.end(), [&](const Candidate& k) { return k.pair == c.pair; });
          });
          if (shared && !split) { pair = c.pair; break; }
        }
        if (!pair) decomposed(together, id);
        for (const std::int32_t g : gradient_ops) {
          if (pair) pair_[g] = *pair;
          else without.insert(g);
        }
        if (pair) pair_[id] = *pair;
        else without.insert(id);
      }
      for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {  // gradient ops that share nothing hidden
        const auto id = static_cast<std::int32_t>(i);
        if (graph_.node(id).op->kind != OpKind::fused || pair_.count(id) || without.count(id)) continue;
        if (candidates(single(id).region, refusals).empty()) {
          without.insert(id);
          decomposed(signature(single(id).region), id);
        } else pair_[id] = candidates(single(id).region, refusals)[0].pair;
      }
      if (without.empty()) return;
      graph_ = simplify(decompose(graph_, [&](std::int32_t id) { return without.count(id) != 0; }), options_, reference_);
    }
  }

  bool asked_to_split(const std::string& key) const {
    const auto asked = options_.choices.find(key);
    return asked != options_.choices.end() && asked->second == split_choice;
  }

  // A fused op runs by its decomposition; a choice for it or for a region that begins with it cannot be served, unless this is
  // what was asked for.
  void decomposed(const std::string& key, std::int32_t id) {
    record(choices_, key, split_choice);
    if (asked_to_split(key)) return;
    const Region region = single(id).region;
    for (const auto& [asked, kernel] : options_.choices)
      if (kernel != split_choice && begins_with(asked, region)) unserved_.emplace(asked, kernel);
  }

  // A forward op may run whole where nothing learns, and be decomposed where its gradient op has no kernel.
  std::string signature_of_pair(std::int32_t id, const std::vector<std::int32_t>& gradient_ops) const {
    std::string text = signature(single(id).region);
    for (const std::int32_t g : gradient_ops) text += " & " + signature(single(g).region);
    return text;
  }

  std::vector<std::int32_t> hidden_readers(std::int32_t id) const {
    const OpNode& n = graph_.node(id);
    std::vector<std::int32_t> readers;
    if (n.op->first_hidden < 0) return readers;
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i)
      for (const Port& p : graph_.nodes()[i].inputs)
        if (p.node == id && p.output >= n.op->first_hidden && (readers.empty() || readers.back() != static_cast<std::int32_t>(i)))
          readers.push_back(static_cast<std::int32_t>(i));
    return readers;
  }

  // --- fuse ------------------------------------------------------------------------------------------------------------
  bool computes(std::int32_t id) const {  // leaves, reshapes and pack are places, not computations
    const OpNode& n = graph_.node(id);
    return n.op->kind != OpKind::leaf && n.op->kind != OpKind::alias && n.op->name != "pack";
  }

  void group() {
    const std::size_t count = graph_.nodes().size();
    group_of_.assign(count, -1);
    readers_ = readers_of(graph_);
    for (const Port& p : graph_.outputs) leaves_.insert(root_of(graph_, p));
    for (const auto& [id, p] : graph_.updates) leaves_.insert(root_of(graph_, p));
    find_steady();

    for (const bool steady : {true, false})  // what is steady is there before anything runs
      for (std::size_t i = 0; i < count; ++i) {
        const auto id = static_cast<std::int32_t>(i);
        if (is_steady(id) != steady || !computes(id) || group_of_[i] >= 0) continue;
        if (graph_.node(id).op->kind == OpKind::elementwise) join_pointwise(id);
        else anchor(id);
      }
    for (std::size_t g = 0; g < groups_.size(); ++g) finish(static_cast<int>(g));
  }

  void find_steady() {
    std::set<Port> given_out = leaves_;
    for (const OpNode& n : graph_.nodes())
      if (n.op->name == "pack")
        for (const Port& p : n.inputs) given_out.insert(root_of(graph_, p));
    steady_ = steady_nodes(graph_, options_.prepare ? steady_variables_ : nullptr, given_out);
  }
  bool is_steady(std::int32_t id) const { return steady_[static_cast<std::size_t>(id)]; }

  int new_group(std::int32_t id) {
    groups_.push_back({{id}, false});
    const int g = static_cast<int>(groups_.size()) - 1;
    depends_.emplace_back();
    assign(id, g);
    return g;
  }

  void assign(std::int32_t id, int g) {
    group_of_[static_cast<std::size_t>(id)] = g;
    std::vector<int> fresh;
    for (const int d : inputs_of(id))
      if (d != g) {
        if (depends_[static_cast<std::size_t>(g)].insert(d).second) fresh.push_back(d);
        for (const int e : depends_[static_cast<std::size_t>(d)])
          if (depends_[static_cast<std::size_t>(g)].insert(e).second) fresh.push_back(e);
      }
    if (fresh.empty()) return;
    for (std::size_t q = 0; q < depends_.size(); ++q)
      if (depends_[q].count(g)) depends_[q].insert(fresh.begin(), fresh.end());
  }

  // The groups that compute what node `id` reads, through reshapes and packs.
  std::set<int> inputs_of(std::int32_t id) const {
    std::set<int> found;
    std::vector<std::int32_t> open{id};
    while (!open.empty()) {
      const std::int32_t at = open.back();
      open.pop_back();
      for (const Port& p : graph_.node(at).inputs) {
        const int g = group_of_[static_cast<std::size_t>(p.node)];
        if (g >= 0) found.insert(g);
        else if (!computes(p.node)) open.push_back(p.node);
      }
    }
    return found;
  }

  // Whether node `id` may join group g: nothing else that it reads may come after g.
  bool can_join(std::int32_t id, int g) const {
    for (const int d : inputs_of(id))
      if (d != g && depends_[static_cast<std::size_t>(d)].count(g)) return false;
    return true;
  }

  static constexpr std::size_t largest_pointwise_region = 48;
  // Of arrays this small a call costs more than the elements: they go together whoever they read. (A training step
  // of ResNet-20, with the averages that its batch norms keep, has 294 calls on CUDA so, 369 without.)
  static constexpr std::int64_t small_array = 4096;

  void join_pointwise(std::int32_t id) {
    const Shape& shape = graph_.node(id).outputs[0].shape;
    if (options_.fuse) {
      std::vector<int> wished;  // groups that it reads from come first
      for (const Port& p : graph_.node(id).inputs)
        if (const int g = group_of_[static_cast<std::size_t>(p.node)]; g >= 0) wished.push_back(g);
      for (std::size_t g = groups_.size(); g-- > 0;) wished.push_back(static_cast<int>(g));
      for (const int g : wished) {
        const Group& candidate = groups_[static_cast<std::size_t>(g)];
        if (!candidate.pointwise || candidate.nodes.size() >= largest_pointwise_region) continue;
        if (graph_.node(candidate.nodes[0]).outputs[0].shape != shape || is_steady(candidate.nodes[0]) != is_steady(id)) continue;
        if (!can_join(id, g)) continue;
        if (array_type(graph_.node(id).outputs[0]).elements() > small_array && !shares_operand(id, candidate)) continue;
        groups_[static_cast<std::size_t>(g)].nodes.push_back(id);
        assign(id, g);
        return;
      }
    }
    groups_[static_cast<std::size_t>(new_group(id))].pointwise = true;
  }

  // Fusing pays when memory is read once instead of twice: a common operand, or a value passed on.
  bool shares_operand(std::int32_t id, const Group& group) const {
    std::set<Port> read;
    for (const std::int32_t m : group.nodes) {
      read.insert({m, 0});
      for (const Port& p : graph_.node(m).inputs)
        if (graph_.type(p).shape == graph_.node(id).outputs[0].shape) read.insert(p);
    }
    return std::any_of(graph_.node(id).inputs.begin(), graph_.node(id).inputs.end(), [&](Port p) { return read.count(p) != 0; });
  }

  // A sum goes along with an anchor of several operands that reads the same value, where the backend has a kernel for both.
  void anchor(std::int32_t id) {
    const OpNode& n = graph_.node(id);
    const bool fuses = options_.fuse && n.op->kind != OpKind::scan;
    if (fuses && n.op->name == "transpose" && join_transposes(id)) return;
    if (fuses && n.op->name == "reduce_sum")
      for (const std::int32_t reader : readers_in_any_shape(n.inputs[0]))
        if (may_take_along(reader, id) && grow(reader, {id})) return;
    if (!fuses || !grow(id, {})) new_group(id);
  }

  // Small transposes go together whatever they read: of the kernels of all convolutions before a step, of their gradients behind it.
  bool join_transposes(std::int32_t id) {
    constexpr std::int64_t small = std::int64_t{1} << 17;  // larger ones are worth their call
    if (!joins_transposes_.value_or(true) || array_type(graph_.node(id).outputs[0]).elements() > small) return false;
    for (std::size_t g = groups_.size(); g-- > 0;) {
      const std::vector<std::int32_t>& nodes = groups_[g].nodes;
      const OpNode& first = graph_.node(nodes[0]);
      if (first.op->name != "transpose" || is_steady(nodes[0]) != is_steady(id) || !can_join(id, static_cast<int>(g))) continue;
      if (array_type(first.outputs[0]).elements() > small) continue;
      std::vector<std::int32_t> more = nodes;
      more.push_back(id);
      const bool taken = takes_whole(more);
      if (!joins_transposes_) joins_transposes_ = taken;
      if (!taken) continue;
      groups_[g].nodes = std::move(more);
      assign(id, static_cast<int>(g));
      return true;
    }
    return false;
  }

  // The anchor with as much of its elementwise epilogue as the backend takes, and with sums; false where it does not take those.
  bool grow(std::int32_t id, const std::vector<std::int32_t>& sums) {
    std::vector<std::vector<std::int32_t>> chains{{id}};
    Port end{id, 0};
    while (chains.size() < 5) {
      const auto found = readers_.find(end);
      if (leaves_.count(end) || found == readers_.end() || found->second.size() != 1) break;
      const std::int32_t next = found->second[0];
      const OpNode& n = graph_.node(next);
      if (n.op->kind != OpKind::elementwise || n.outputs[0].shape != graph_.type(end).shape || is_steady(next) != is_steady(id)) break;
      // Its other operands must be there before the anchor runs: nothing that is not yet grouped.
      bool ready = true;
      for (const Port& p : n.inputs)
        if (p != end) ready = ready && is_ready(p);
      if (!ready) break;
      std::vector<std::int32_t> longer = chains.back();
      longer.push_back(next);
      chains.push_back(std::move(longer));
      end = {next, 0};
    }
    for (std::size_t k = chains.size(); k-- > 0;) {
      std::vector<std::int32_t> nodes = chains[k];
      nodes.insert(nodes.end(), sums.begin(), sums.end());
      if (nodes.size() > 1 && !takes_whole(nodes)) continue;
      const int g = new_group(id);
      for (std::size_t m = 1; m < nodes.size(); ++m) {
        groups_[static_cast<std::size_t>(g)].nodes.push_back(nodes[m]);
        assign(nodes[m], g);
      }
      return true;
    }
    return false;
  }

  bool may_take_along(std::int32_t anchor, std::int32_t sum) const {
    const OpNode& n = graph_.node(anchor);
    return computes(anchor) && n.op->kind != OpKind::elementwise && n.op->kind != OpKind::scan && n.inputs.size() > 1 &&
           group_of_[static_cast<std::size_t>(anchor)] < 0 && is_steady(anchor) == is_steady(sum) &&
           std::all_of(n.inputs.begin(), n.inputs.end(), [&](Port p) { return is_ready(p); });
  }

  std::vector<std::int32_t> readers_in_any_shape(Port p) const {
    std::vector<std::int32_t> found;
    std::vector<Port> open{root_of(graph_, p)};
    while (!open.empty()) {
      const auto readers = readers_.find(open.back());
      open.pop_back();
      if (readers == readers_.end()) continue;
      for (const std::int32_t r : readers->second)
        if (graph_.node(r).op->name == "reshape") open.push_back({r, 0});
        else found.push_back(r);
    }
    return found;
  }

  // Whether everything that computes `p` is grouped.
  bool is_ready(Port p) const {
    std::vector<std::int32_t> open{p.node};
    while (!open.empty()) {
      const std::int32_t at = open.back();
      open.pop_back();
      if (group_of_[static_cast<std::size_t>(at)] >= 0) continue;
      if (computes(at)) return false;
      for (const Port& q : graph_.node(at).inputs) open.push_back(q.node);
    }
    return true;
  }

  // --- the steps -------------------------------------------------------------------------------------------------------
  void finish(int g) {
    const Group& group = groups_[static_cast<std::size_t>(g)];
    const OpNode& first = graph_.node(group.nodes[0]);
    if (first.op->kind == OpKind::scan) {
      steps_.push_back(scan(group.nodes[0]));
      return;
    }
    if (auto step = chosen(group.nodes)) {
      steps_.push_back(std::move(*step));
      return;
    }
    if (group.nodes.size() > 1) {  // refused as a whole: op by op
      for (const std::int32_t id : group.nodes)
        if (auto step = chosen({id})) steps_.push_back(std::move(*step));
        else no_kernel(id);
      return;
    }
    no_kernel(group.nodes[0]);
  }

  [[noreturn]] void no_kernel(std::int32_t id) const {
    const OpNode& n = graph_.node(id);
    std::vector<Refusal> refusals;
    backend_.candidates(single(id).region, refusals);
    std::string why;
    for (const Refusal& r : refusals) why += fmt::format("; {}: {}", r.kernel, r.reason);
    throw Error(ErrorKind::runtime, fmt::format("the backend '{}' has no kernel for '{}' on {} {}{}{}", backend_.name(), n.op->name,
                                                name_of(n.outputs[0].dtype), n.outputs[0].shape.str(),
                                                n.place.empty() ? "" : " in '" + n.place + "'", why),
                "use another backend or dtype policy");
  }

  // What a region gives to others; the anchor's own values last.
  std::vector<Port> outputs_of(const std::vector<std::int32_t>& nodes) const {
    std::vector<Port> outputs;
    const std::set<std::int32_t> inside(nodes.begin(), nodes.end());
    for (const std::int32_t id : nodes)
      for (std::size_t k = 0; k < graph_.node(id).outputs.size(); ++k) {
        const Port p{id, static_cast<std::int32_t>(k)};
        const auto found = readers_.find(p);
        bool outside = leaves_.count(p) != 0;
        if (found != readers_.end())
          for (const std::int32_t r : found->second) outside = outside || !inside.count(r);
        // A single op has all its outputs: kernels of fused ops address them by place.
        if (outside || nodes.size() == 1 || (id == nodes[0] && graph_.node(id).outputs.size() > 1 && k > 0)) outputs.push_back(p);
      }
    if (nodes.size() > 1 && graph_.node(nodes[0]).op->kind != OpKind::elementwise)
      std::stable_partition(outputs.begin(), outputs.end(), [&](Port p) { return p.node != nodes[0]; });
    return outputs;
  }

  std::optional<ProgramStep> chosen(const std::vector<std::int32_t>& nodes) {
    const std::vector<Port> outputs = outputs_of(nodes);
    if (auto step = without_hidden(nodes, outputs)) return step;
    return chosen(nodes, outputs);
  }

  // An op whose hidden outputs nobody reads, by a kernel that then leaves them out.
  std::optional<ProgramStep> without_hidden(const std::vector<std::int32_t>& nodes, const std::vector<Port>& outputs) {
    const int hidden = graph_.node(nodes[0]).op->first_hidden;
    const auto wanted = [&](Port p) { return p.output >= hidden && (readers_.count(p) || leaves_.count(p)); };
    if (nodes.size() != 1 || hidden < 1 || std::any_of(outputs.begin(), outputs.end(), wanted)) return std::nullopt;
    return chosen(nodes, {outputs.begin(), outputs.begin() + hidden});
  }

  std::optional<ProgramStep> chosen(const std::vector<std::int32_t>& nodes, const std::vector<Port>& outputs) {
    ProgramStep step = RegionBuilder(graph_, nodes, outputs).take();
    step.steady = is_steady(nodes[0]);
    if (!step.steady)
      for (const Port& p : step.inputs) step.region.steady.push_back(is_steady(p.node));
    std::vector<Candidate> found = candidates(step.region, step.refusals);
    if (found.empty() && nodes.size() > 1) record(choices_, signature(step.region), split_choice);
    if (const auto pair = pair_.find(nodes[0]); pair != pair_.end())
      std::erase_if(found, [&](const Candidate& c) { return c.pair != pair->second; });
    if (found.empty()) return std::nullopt;
    for (std::size_t k = 1; k < found.size(); ++k) step.alternatives.push_back(found[k].name);
    const OpNode& first = graph_.node(nodes[0]);
    const bool has_parts = (nodes.size() > 1 && first.op->kind != OpKind::elementwise) || first.op->name == "matmul_relu";  // see gate()
    if (has_parts) step.alternatives.emplace_back(split_choice);
    step.kernel = std::move(found[0]);
    record(choices_, signature(step.region), step.kernel.name);
    if (const int hidden = graph_.node(nodes[0]).op->first_hidden; hidden >= 0)
      for (std::size_t k = 0; k < step.kernel.hidden_bytes.size(); ++k)
        for (std::size_t o = 0; o < step.outputs.size(); ++o)
          if (step.outputs[o] == Port{nodes[0], hidden + static_cast<std::int32_t>(k)}) step.output_bytes[o] = step.kernel.hidden_bytes[k];
    return step;
  }

  ProgramStep scan(std::int32_t id) {
    const OpNode& n = graph_.node(id);
    ProgramStep step = single(id);
    ScanRegion scan;
    scan.carries = static_cast<std::size_t>(n.attributes.integer("carries"));
    scan.sequences = static_cast<std::size_t>(n.attributes.integer("sequences"));
    scan.reverse = n.attributes.flag("reverse");
    scan.length = n.attributes.shape("length")[0].value();
    scan.body = std::make_shared<Program>(lower(simplify(*n.attributes.graph("body"), options_, reference_), backend_, reference_, options_, nullptr));
    record(choices_, scan.body->choices);
    unserved_.insert(scan.body->unserved.begin(), scan.body->unserved.end());
    step.kernel.name = "scan";
    step.scan = std::move(scan);
    return step;
  }

  // --- schedule --------------------------------------------------------------------------------------------------------
  // Program order, except that what only updates variables waits until nothing else can run: then nobody reads the old
  // value any more and the update is written in place.
  std::vector<ProgramStep> ordered() {
    std::map<std::int32_t, std::size_t> step_of;
    for (std::size_t s = 0; s < steps_.size(); ++s)
      for (const std::int32_t id : steps_[s].nodes) step_of[id] = s;
    std::vector<std::set<std::size_t>> before(steps_.size()), after(steps_.size());
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      std::vector<std::int32_t> open;
      for (const Port& p : steps_[s].inputs) open.push_back(p.node);
      while (!open.empty()) {
        const std::int32_t at = open.back();
        open.pop_back();
        if (const auto found = step_of.find(at); found != step_of.end()) {
          if (found->second != s) { before[s].insert(found->second); after[found->second].insert(s); }
        } else {
          for (const Port& q : graph_.node(at).inputs) open.push_back(q.node);
        }
      }
    }
    std::vector<bool> late(steps_.size());
    if (options_.reorder)
      for (const auto& [id, p] : graph_.updates)
        if (const auto found = step_of.find(root_of(graph_, p).node); found != step_of.end()) late[found->second] = true;
    const auto rank = [&](std::size_t s) { return std::pair(static_cast<bool>(late[s]), steps_[s].nodes[0]); };
    std::set<std::pair<std::pair<bool, std::int32_t>, std::size_t>> ready;
    std::vector<std::size_t> waiting(steps_.size());
    for (std::size_t s = 0; s < steps_.size(); ++s)
      if ((waiting[s] = before[s].size()) == 0) ready.insert({rank(s), s});
    std::vector<ProgramStep> order;
    while (!ready.empty()) {
      const std::size_t s = ready.begin()->second;
      ready.erase(ready.begin());
      for (const std::size_t next : after[s])
        if (--waiting[next] == 0) ready.insert({rank(next), next});
      order.push_back(std::move(steps_[s]));
    }
    if (order.size() != steps_.size()) throw Error(ErrorKind::runtime, "the regions of a graph depend on each other in a circle");
    return order;
  }

  Graph graph_;
  Choices choices_, unserved_;
  Backend& backend_;
  Backend& reference_;
  const CompileOptions& options_;
  const SteadyVariables& steady_variables_;
  std::vector<bool> steady_;  // by node
  std::optional<bool> joins_transposes_;  // by the first two
  std::map<std::int32_t, std::string> pair_;  // fused node -> the pair its kernel must carry
  std::map<Port, std::vector<std::int32_t>> readers_;
  std::set<Port> leaves_;  // values that the program gives out
  std::vector<int> group_of_;
  std::vector<Group> groups_;
  std::vector<std::set<int>> depends_;  // transitively
  std::vector<ProgramStep> steps_;
};

}  // namespace

Program lower(Graph graph, Backend& backend, Backend& reference, const CompileOptions& options, const SteadyVariables& steady) {
  return Lowering(std::move(graph), backend, reference, options, steady).run();
}

}  // namespace strata
