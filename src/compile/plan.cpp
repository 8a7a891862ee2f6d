#include "src/compile/plan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/compile/place.h"

namespace strata {
namespace {

constexpr std::size_t aligned(std::size_t n) { return (n + 63) / 64 * 64; }

Location shifted(Location l, std::size_t bytes) {
  l.offset += bytes;
  return l;
}

std::shared_ptr<const Kernel> copy_kernel(const ArrayType& type, Backend& backend, Backend& reference) {
  static const Attributes none;
  Region region;
  region.inputs = {type};
  region.ops.push_back({"copy", &none, {{-1, 0}}, {type}});
  region.outputs = {{0, 0}};
  std::vector<Refusal> refusals;
  auto found = backend.candidates(region, refusals);
  if (found.empty() && backend.uses_host_memory()) found = reference.candidates(region, refusals);
  if (found.empty()) throw Error(ErrorKind::runtime, fmt::format("the backend '{}' cannot copy {}", backend.name(), name_of(type.dtype)));
  return found[0].prepare();
}

// A program's calls with their places; a scan is unrolled into the calls of its body.
struct Flat {
  std::vector<Preparation> preparation;
  std::vector<PlannedCall> calls;
  std::vector<PlannedStep> steps;
  Placement placement;
};

class Flattener {
 public:
  Flattener(Backend& backend, Backend& reference, const CompileOptions& options) : backend_(backend), reference_(reference), options_(options) {}

  Flat flatten(Program& program, std::span<const Pin> pins, const std::function<Location(const OpNode&)>& leaf) {
    std::map<std::size_t, Flat> bodies;
    for (std::size_t s = 0; s < program.steps.size(); ++s)
      if (program.steps[s].scan) {
        bodies.emplace(s, flatten_body(*program.steps[s].scan));
        program.steps[s].kernel.scratch_bytes = scan_scratch(program.steps[s], bodies.at(s));
      }
    Flat flat;
    flat.placement = place(program, pins, leaf, options_);
    copies(flat, -1);
    for (std::size_t s = 0; s < program.steps.size(); ++s) {
      const ProgramStep& step = program.steps[s];
      flat.steps.push_back({step.place, ops_of(step.region), signature(step.region), step.kernel.name, step.alternatives, step.refusals, step.steady});
      if (step.scan) {
        unroll(flat, s, step, bodies.at(s));
      } else {
        PlannedCall call{step.kernel.prepare(), flat.placement.inputs[s], flat.placement.outputs[s], flat.placement.scratch[s],
                         flat.placement.kept[s], static_cast<std::int32_t>(s)};
        if (step.steady) {
          flat.preparation.push_back({std::move(call)});
        } else {
          if (step.kernel.kept_bytes) flat.preparation.push_back({renewal(step, call), static_cast<std::int32_t>(flat.calls.size())});
          flat.calls.push_back(std::move(call));
        }
      }
      copies(flat, static_cast<int>(s));
    }
    return flat;
  }

 private:
  static std::string ops_of(const Region& region) {
    std::string text;
    for (const RegionOp& op : region.ops)
      if (op.name != "constant") text += (text.empty() ? "" : "+") + std::string(op.name);
    return text;
  }

  // What it reads is all that a renewal needs to say.
  static PlannedCall renewal(const ProgramStep& step, const PlannedCall& call) {
    PlannedCall reads;
    for (std::size_t i = 0; i < call.inputs.size(); ++i)
      if (step.region.steady[i]) reads.inputs.push_back(call.inputs[i]);
    return reads;
  }

  void copies(Flat& flat, int after) {
    for (const Placement::Copy& c : flat.placement.copies)
      if (c.after == after)
        flat.calls.push_back({copy_kernel(c.type, backend_, reference_), {c.from}, {c.to}, {}, {}, std::max(after, 0)});
  }

  // Body inputs are numbered carries, sequences, invariants; body outputs as in the body graph.
  Flat flatten_body(const ScanRegion& scan) {
    Program& body = *scan.body;  // scratch sizes of scans inside it are filled in here
    std::vector<Pin> pins;
    for (std::size_t i = 0; i < body.graph.outputs.size(); ++i)
      pins.push_back({body.graph.outputs[i], {Space::body_output, static_cast<std::int32_t>(i), 0}});
    const auto leaf = [&](const OpNode& n) -> Location {
      const std::string& name = n.attributes.text("name");
      std::size_t index = std::stoul(name.substr(1));
      if (name[0] != 'c') index += scan.carries;
      if (name[0] == 'i') index += scan.sequences;
      return {Space::body_input, static_cast<std::int32_t>(index), 0};
    };
    return flatten(body, pins, leaf);
  }

  // The body's arena, two sets of carries, and room for step outputs that nobody reads.
  static std::size_t scan_scratch(const ProgramStep& step, const Flat& body) {
    std::size_t bytes = aligned(body.placement.arena_bytes);
    for (std::size_t i = 0; i < step.scan->carries; ++i) bytes += 2 * aligned(step.output_bytes[i]);
    for (std::size_t i = step.scan->carries; i < step.outputs.size() - step.scan->carries; ++i)
      bytes += aligned(step.output_bytes[i] / static_cast<std::size_t>(std::max<std::int64_t>(step.scan->length, 1)));
    return std::max<std::size_t>(bytes, 64);
  }

  void unroll(Flat& flat, std::size_t s, const ProgramStep& step, const Flat& body) {
    const ScanRegion& scan = *step.scan;
    const std::size_t carries = scan.carries, outputs = step.outputs.size() - 2 * carries;
    const auto length = static_cast<std::size_t>(scan.length);
    const std::vector<Location>&in = operands(flat, s, step), &out = flat.placement.outputs[s];
    const Location scratch = flat.placement.scratch[s];
    const std::size_t constants_at = append_constants(flat, body);

    std::size_t at = aligned(body.placement.arena_bytes);
    std::vector<std::array<Location, 2>> ring;
    for (std::size_t i = 0; i < carries; ++i) {
      ring.push_back({shifted(scratch, at), shifted(scratch, at + aligned(step.output_bytes[i]))});
      at += 2 * aligned(step.output_bytes[i]);
    }
    std::vector<Location> unread;
    for (std::size_t i = 0; i < outputs; ++i) {
      unread.push_back(shifted(scratch, at));
      at += aligned(step.output_bytes[carries + i] / std::max<std::size_t>(length, 1));
    }
    const auto history = [&](std::size_t i) { return out[carries + outputs + i]; };

    for (std::size_t k = 0; k < length; ++k) {
      const std::size_t t = scan.reverse ? length - 1 - k : k;
      const std::size_t next = scan.reverse ? t - 1 : t + 1;
      const auto location = [&](Location l) -> Location {
        const auto index = static_cast<std::size_t>(l.index);
        switch (l.space) {
          case Space::arena: return shifted(scratch, l.offset);
          case Space::constant: return shifted(l, constants_at);
          case Space::body_input: {
            if (index < carries) {
              const std::size_t n = step.output_bytes[index];
              if (history(index).space != Space::none) return shifted(history(index), t * n + l.offset);
              return shifted(k == 0 ? in[index] : ring[index][(k - 1) % 2], l.offset);
            }
            if (index >= carries + scan.sequences) return shifted(in[index], l.offset);
            return shifted(in[index], t * (sequence_bytes(step, index) / length) + l.offset);
          }
          case Space::body_output: {
            if (index < carries) {
              if (k + 1 == length) return shifted(out[index].space == Space::none ? ring[index][k % 2] : out[index], l.offset);
              const std::size_t n = step.output_bytes[index];
              return shifted(history(index).space != Space::none ? shifted(history(index), next * n) : ring[index][k % 2], l.offset);
            }
            if (out[index].space == Space::none) return shifted(unread[index - carries], l.offset);
            return shifted(out[index], t * (step.output_bytes[index] / length) + l.offset);
          }
          default: return l;
        }
      };
      if (k == 0)
        for (std::size_t i = 0; i < carries; ++i)
          if (history(i).space != Space::none)
            flat.calls.push_back({copy_kernel(step.region.ops[0].outputs[i], backend_, reference_), {in[i]},
                                  {shifted(history(i), t * step.output_bytes[i])}, {}, {}, static_cast<std::int32_t>(s)});
      for (const PlannedCall& call : body.calls) {
        PlannedCall moved{call.kernel, {}, {}, location(call.scratch), {}, static_cast<std::int32_t>(s)};
        for (const Location& l : call.inputs) moved.inputs.push_back(location(l));
        for (const Location& l : call.outputs) moved.outputs.push_back(location(l));
        flat.calls.push_back(std::move(moved));
      }
    }
  }

  // The region's inputs name each value once; the scan op names them by position.
  const std::vector<Location>& operands(const Flat& flat, std::size_t s, const ProgramStep& step) {
    operands_.clear();
    for (const Source& source : step.region.ops.back().inputs) operands_.push_back(flat.placement.inputs[s][static_cast<std::size_t>(source.index)]);
    return operands_;
  }
  static std::size_t sequence_bytes(const ProgramStep& step, std::size_t index) {
    return step.region.type(step.region.ops.back().inputs[index]).bytes();
  }

  static std::size_t append_constants(Flat& flat, const Flat& body) {
    const std::size_t at = aligned(flat.placement.constants.size());
    flat.placement.constants.resize(at);
    flat.placement.constants.insert(flat.placement.constants.end(), body.placement.constants.begin(), body.placement.constants.end());
    return at;
  }

  Backend& backend_;
  Backend& reference_;
  const CompileOptions& options_;
  std::vector<Location> operands_;
};

Plan::Largest largest_of(const Program& program, const Placement& placement) {
  Plan::Largest largest;
  const auto meet = [&](const ProgramStep& step, std::size_t bytes) {
    if (bytes > largest.bytes) largest = {step.place, bytes};
  };
  for (std::size_t s = 0; s < program.steps.size(); ++s) {
    const ProgramStep& step = program.steps[s];
    meet(step, step.kernel.scratch_bytes);
    for (std::size_t o = 0; o < step.outputs.size(); ++o)
      if (placement.outputs[s][o].space == Space::arena) meet(step, step.output_bytes[o]);
  }
  return largest;
}

std::vector<std::int32_t> groups_read(const std::vector<Preparation>& preparation) {
  std::set<std::int32_t> groups;
  for (const Preparation& p : preparation)
    for (const Location& l : p.call.inputs)
      if (l.space == Space::variable) groups.insert(l.index);
  return {groups.begin(), groups.end()};
}

}  // namespace

std::shared_ptr<const Plan> compile(const Graph& graph, Backend& backend, Backend& reference,
                                    std::span<const VariablePlace> variables, const CompileOptions& options) {
  const auto group_of = [&](std::int64_t id) { return variables[static_cast<std::size_t>(id)].group; };
  std::set<std::int32_t> written;
  for (const auto& [id, p] : graph.updates) written.insert(group_of(id));
  // Writes are counted by group: what lies beside a variable that every run writes would be prepared for every run.
  const SteadyVariables steady = [&](std::int64_t id) { return written.count(group_of(id)) == 0; };
  Graph simple = simplify(graph, options, reference);
  if (options.absorb) simple = simplify(absorb(simple, steady), options, reference);
  Program program = lower(std::move(simple), backend, reference, options, steady);
  auto plan = std::make_shared<Plan>();
  std::map<std::string, std::int32_t> input_index;
  for (const OpNode& n : program.graph.nodes())
    if (n.op->name == "input") {
      const auto index = static_cast<std::int32_t>(plan->inputs.size());
      input_index[n.attributes.text("name")] = index;
      plan->inputs.push_back({n.attributes.text("name"), array_type(n.outputs[0]), {Space::input, index, 0}});
    }
  const auto leaf = [&](const OpNode& n) -> Location {
    if (n.op->name == "input") return {Space::input, input_index.at(n.attributes.text("name")), 0};
    const VariablePlace& v = variables[static_cast<std::size_t>(n.attributes.integer("id"))];
    return {Space::variable, v.group, v.offset};
  };
  std::vector<Pin> pins;
  for (const auto& [id, p] : program.graph.updates) {
    const VariablePlace& v = variables[static_cast<std::size_t>(id)];
    if (array_type(program.graph.type(p)) != v.type)
      throw Error(ErrorKind::runtime, fmt::format("variable {} of {} is updated with {}", id, v.type.elements(), program.graph.type(p).shape.str()));
    pins.push_back({p, {Space::variable, v.group, v.offset}});
  }
  Flat flat = Flattener(backend, reference, options).flatten(program, pins, leaf);
  plan->choices = std::move(program.choices);
  plan->unserved = std::move(program.unserved);
  plan->prepared_from = groups_read(flat.preparation);
  plan->written.assign(written.begin(), written.end());
  plan->preparation = std::move(flat.preparation);
  plan->calls = std::move(flat.calls);
  plan->steps = std::move(flat.steps);
  for (std::size_t i = 0; i < program.graph.outputs.size(); ++i)
    plan->outputs.push_back({"", array_type(program.graph.type(program.graph.outputs[i])), flat.placement.graph_outputs[i]});
  plan->arena_bytes = flat.placement.arena_bytes;
  plan->live_bytes = flat.placement.live_bytes;
  plan->kept_bytes = flat.placement.kept_bytes;
  plan->largest = largest_of(program, flat.placement);
  const auto& bytes = flat.placement.constants;
  plan->constants = Tensor(DType::uint8, {static_cast<std::int64_t>(bytes.size())});
  if (!bytes.empty()) std::memcpy(plan->constants.data(), bytes.data(), bytes.size());
  return plan;
}

// --- memory and runs -------------------------------------------------------------------------------------------------------

namespace {
constexpr const char* smaller_batch = "make the batch smaller";

// A device or a library of its own that fails is no mistake of Strata's.
template <class F>
void on_device(const Backend& backend, F f) {
  try {
    f();
  } catch (const Error&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw Error(ErrorKind::runtime, fmt::format("the backend '{}' failed: {}", backend.name(), e.what()));
  }
}

}  // namespace

void Arena::reserve(std::size_t bytes) {
  if (memory_ && bytes <= memory_.bytes()) return;
  memory_.clear();
  memory_ = DeviceMemory(backend_, bytes, "the activations of a step", smaller_batch);
}

std::size_t Plan::input_bytes(std::span<void* const> external) const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (i >= external.size() || !external[i]) sum += aligned(inputs[i].type.bytes());
  return sum;
}

std::size_t Plan::run_bytes(std::span<void* const> external, Launches launches) const {
  return constants.bytes() + kept_bytes + input_bytes(external) * launches.all();
}

Run::Run(std::shared_ptr<const Plan> plan, Backend& backend, Arena& arena, std::vector<VariableMemory> groups, std::vector<void*> external,
         Launches launches)
    : plan_(std::move(plan)), backend_(backend), arena_(arena), groups_(std::move(groups)), external_(std::move(external)), launches_(launches) {
  external_.resize(plan_->inputs.size());
  for (std::size_t i = 0; i < plan_->inputs.size(); ++i) {
    offsets_.push_back(step_bytes_);
    if (!external_[i]) step_bytes_ += aligned(plan_->inputs[i].type.bytes());
  }
  owned_inputs_ = DeviceMemory(backend_, step_bytes_ * launches_.all(), "the inputs of a step", smaller_batch);
  inlets_.resize(static_cast<std::size_t>(launches_.places));
  constants_ = DeviceMemory(backend_, plan_->constants.bytes(), "the constants of a step", smaller_batch);
  kept_ = DeviceMemory(backend_, plan_->kept_bytes, "the forms of weights that kernels keep", smaller_batch);
  if (plan_->constants.bytes()) backend_.copy_in(constants_.data(), plan_->constants.data(), plan_->constants.bytes());
  arena_.reserve(plan_->arena_bytes);
}

void* Run::address(Location l, std::size_t set) const {
  const auto index = static_cast<std::size_t>(l.index);
  void* base = nullptr;
  switch (l.space) {
    case Space::variable: base = groups_[index].data; break;
    case Space::constant: base = constants_.data(); break;
    case Space::arena: base = arena_.data(); break;
    case Space::input: base = external_[index] ? external_[index] : inputs(set) + offsets_[index]; break;
    case Space::kept: base = kept_.data(); break;
    default: return nullptr;
  }
  return static_cast<std::byte*>(base) + l.offset;
}

namespace {
class Renewal final : public Call {
 public:
  explicit Renewal(Call& call) : call_(call) {}
  void run() override { call_.renew(); }

 private:
  Call& call_;
};

// A call's turn in a later step.
class Again final : public Call {
 public:
  explicit Again(Call& call) : call_(call) {}
  void run() override { call_.run(); }

 private:
  Call& call_;
};
}  // namespace

std::unique_ptr<Call> Run::bound(const PlannedCall& call, std::size_t set) const {
  std::vector<void*> in, out;
  for (const Location& l : call.inputs) in.push_back(address(l, set));
  for (const Location& l : call.outputs) out.push_back(address(l, set));
  return call.kernel->bind(in, out, {address(call.scratch), address(call.kept)});
}

bool Run::reads_inputs(const PlannedCall& call) const {
  return std::any_of(call.inputs.begin(), call.inputs.end(), [&](const Location& l) { return l.space == Space::input && !external_[static_cast<std::size_t>(l.index)]; });
}

void Run::bind() {
  arena_.reserve(plan_->arena_bytes);
  sequences_.clear();
  preparation_.clear();
  calls_.clear();
  for (const PlannedCall& call : plan_->calls) calls_.push_back(bound(call, 0));
  for (const Preparation& p : plan_->preparation)
    preparation_.push_back(p.renewed < 0 ? bound(p.call, 0) : std::make_unique<Renewal>(*calls_[static_cast<std::size_t>(p.renewed)]));
  bound_to_ = arena_.data();
  prepared_at_.reset();
}

// Addresses are a call's for good: what reads a step's inputs is bound for each step of each place, the rest once.
Call& Run::sequence(int place, int steps) {
  Sequence& found = sequences_[{place, steps}];
  if (found.all) return *found.all;
  if (place > 0 || steps > 1)
    for (int step = 0; step < steps; ++step) {
      const auto set = static_cast<std::size_t>(place * launches_.steps + step);
      for (std::size_t i = 0; i < calls_.size(); ++i) {
        const PlannedCall& call = plan_->calls[i];
        found.calls.push_back(set > 0 && reads_inputs(call) ? bound(call, set) : std::make_unique<Again>(*calls_[i]));
      }
    }
  found.all = backend_.sequence(found.calls.empty() ? calls_ : found.calls);
  return *found.all;
}

void Run::prepare() {
  std::uint64_t writes = 0;
  for (const std::int32_t group : plan_->prepared_from) writes += *groups_[static_cast<std::size_t>(group)].writes;
  if (prepared_at_ == writes) return;
  backend_.run(preparation_);
  prepared_at_ = writes;
}

void Run::set_input(std::size_t index, const Tensor& value) {
  const ArrayType& type = plan_->inputs[index].type;
  if (value.dtype() != type.dtype || value.shape() != type.dims)
    throw Error(ErrorKind::data, fmt::format("the input '{}' takes {} ({}), received {}", plan_->inputs[index].name, name_of(type.dtype),
                                             fmt::join(type.dims, ", "), value.str()));
  on_device(backend_, [&] { backend_.copy_in(address(plan_->inputs[index].location), value.data(), value.bytes()); });
}

void Run::operator()() {
  on_device(backend_, [&] { enqueue(0, 1); });
}

std::byte* Run::fill(int place) {
  auto& inlet = inlets_[static_cast<std::size_t>(place)];
  std::byte* host = nullptr;
  on_device(backend_, [&] {
    const std::size_t bytes = step_bytes_ * static_cast<std::size_t>(launches_.steps);
    if (!inlet) inlet = backend_.inlet(inputs(static_cast<std::size_t>(place * launches_.steps)), bytes);
    host = inlet->host();
  });
  return host;
}

void Run::launch(int place, int steps) {
  on_device(backend_, [&] {
    inlets_[static_cast<std::size_t>(place)]->send(step_bytes_ * static_cast<std::size_t>(steps));
    enqueue(place, steps);
  });
}

void Run::enqueue(int place, int steps) {
  if (bound_to_ != arena_.data() || !bound_to_) bind();
  if (!preparation_.empty()) prepare();
  sequence(place, steps).run();
  if (const auto& inlet = inlets_[static_cast<std::size_t>(place)]) inlet->was_read();
  for (const std::int32_t group : plan_->written) *groups_[static_cast<std::size_t>(group)].writes += static_cast<std::uint64_t>(steps);
}

void Run::wait() {
  on_device(backend_, [&] { backend_.synchronize(); });
}

Tensor Run::output(std::size_t index) const {
  const Plan::Value& v = plan_->outputs[index];
  Tensor t(v.type.dtype, v.type.dims);
  on_device(backend_, [&] {
    if (t.bytes()) backend_.copy_out(t.data(), address(v.location), t.bytes());
  });
  return t;
}

}  // namespace strata
