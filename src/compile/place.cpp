#include "src/compile/place.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace strata {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t aligned(std::size_t n) { return (n + alignment - 1) / alignment * alignment; }

// A piece of the arena and the steps, first to last, during which it holds something.
struct Buffer {
  std::size_t bytes = 0;
  int first = 0, last = 0;
  std::size_t offset = 0;
};

// Where a root value lies: in a buffer of the arena, or at a place that is given.
struct Home {
  int buffer = -1;
  std::size_t offset = 0;  // into the buffer
  Location fixed;
};

class Placer {
 public:
  Placer(const Program& program, std::span<const Pin> pins, const std::function<Location(const OpNode&)>& leaf, const CompileOptions& options)
      : program_(program), graph_(program.graph), pins_(pins), leaf_(leaf), options_(options), end_(static_cast<int>(program.steps.size())) {}

  Placement run() {
    find_producers_and_readers();
    place_pins();
    place_packs();
    give_buffers();
    share_in_place();
    lay_out();
    return result();
  }

 private:
  Port root(Port p) const { return root_of(graph_, p); }
  std::size_t bytes(Port p) const {
    const auto found = stated_bytes_.find(p);
    return found != stated_bytes_.end() ? found->second : array_type(graph_.type(p)).bytes();
  }
  bool is_pack(Port p) const { return graph_.node(p.node).op->name == "pack"; }
  bool is_leaf(Port p) const { return graph_.node(p.node).op->kind == OpKind::leaf; }

  void find_producers_and_readers() {
    for (int s = 0; s < end_; ++s) {
      const ProgramStep& step = program_.steps[static_cast<std::size_t>(s)];
      for (std::size_t k = 0; k < step.outputs.size(); ++k) {
        producer_[step.outputs[k]] = s;
        stated_bytes_[step.outputs[k]] = step.output_bytes[k];
      }
      for (const Port& p : step.inputs) read(root(p), s);
    }
    for (const Port& p : graph_.outputs) read(root(p), end_);
  }

  void read(Port r, int s) { readers_[r].push_back(s); }

  Location location_of_leaf(Port r) {
    const OpNode& n = graph_.node(r.node);
    if (n.op->name != "constant") return leaf_(n);
    const auto [known, fresh] = constant_at_.try_emplace(r.node, constants_.size());
    if (fresh) {
      const ArrayType type = array_type(n.outputs[0]);
      Tensor t(type.dtype, type.dims);
      if (n.attributes.has("tensor")) t = graph_.tensor(n.attributes.integer("tensor"));
      else t.set(0, n.attributes.number("value"));
      constants_.resize(aligned(constants_.size() + std::max<std::size_t>(t.bytes(), 1)));
      std::memcpy(constants_.data() + known->second, t.data(), t.bytes());
    }
    return {Space::constant, 0, known->second};
  }

  // --- pins ------------------------------------------------------------------------------------------------------------
  static bool overlap(const Location& a, std::size_t an, const Location& b, std::size_t bn) {
    return a.space == b.space && a.index == b.index && a.offset < b.offset + bn && b.offset < a.offset + an;
  }

  // Whether step s may write output o straight over the variable at `target`.
  bool may_overwrite(Port value, int s, const Location& target) {
    if (target.space != Space::variable) return true;
    const std::size_t n = bytes(value);
    const ProgramStep& step = program_.steps[static_cast<std::size_t>(s)];
    for (const auto& [r, steps] : readers_) {
      if (!is_leaf(r) || graph_.node(r.node).op->name != "variable") continue;
      const Location l = leaf_(graph_.node(r.node));
      if (!overlap(l, bytes(r), target, n)) continue;
      for (const int t : steps) {
        if (t < s) continue;
        if (t > s || l != target || !all_in_place(step, r, value)) return false;
      }
    }
    for (const Pin& pin : pins_)  // another update takes this variable's old value at the end
      if (const Port r = root(pin.value); is_leaf(r) && graph_.node(r.node).op->name == "variable" &&
                                          overlap(leaf_(graph_.node(r.node)), bytes(r), target, n))
        return false;
    return true;
  }

  // Every input of the step that is `r` may lie where output `value` lies.
  bool all_in_place(const ProgramStep& step, Port r, Port value) const {
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      if (root(step.inputs[i]) != r) continue;
      bool allowed = false;
      for (const auto& [in, out] : step.kernel.in_place)
        allowed = allowed || (static_cast<std::size_t>(in) == i && step.outputs[static_cast<std::size_t>(out)] == value);
      if (!allowed) return false;
    }
    return true;
  }

  void place_pins() {
    for (const Pin& pin : pins_) {
      const Port r = root(pin.value);
      const auto made = producer_.find(r);
      if (made != producer_.end() && !home_.count(r) && may_overwrite(r, made->second, pin.target)) {
        home_[r] = Home{-1, 0, pin.target};
        continue;
      }
      copied_pins_.push_back(pin);
      read(r, end_);
    }
  }

  // --- packs: producers write into their part where nothing hinders them ---------------------------------------------------
  void place_packs() {
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      const Port pack{static_cast<std::int32_t>(i), 0};
      if (!is_pack(pack) || !readers_.count(pack)) continue;
      const int buffer = new_buffer(bytes(pack), end_, -1);
      home_[pack] = {buffer, 0, {}};
      int first = end_, last = *std::max_element(readers_[pack].begin(), readers_[pack].end());
      const int first_reader = *std::min_element(readers_[pack].begin(), readers_[pack].end());
      std::size_t offset = 0;
      for (const Port& part : graph_.node(pack.node).inputs) {
        const Port r = root(part);
        const std::size_t n = array_type(graph_.type(part)).bytes();
        const auto made = producer_.find(r);
        if (made != producer_.end() && !home_.count(r) && bytes(r) == n) {
          home_[r] = {buffer, offset, {}};
          first = std::min(first, made->second);
          if (const auto found = readers_.find(r); found != readers_.end())
            last = std::max(last, *std::max_element(found->second.begin(), found->second.end()));
        } else {
          packed_copies_.push_back({first_reader - 1, r, pack, offset, array_type(graph_.type(part))});
          first = std::min(first, first_reader);
          read(r, first_reader);
        }
        offset += n;
      }
      buffers_[static_cast<std::size_t>(buffer)].first = std::max(first, 0);
      buffers_[static_cast<std::size_t>(buffer)].last = last;
    }
  }

  int new_buffer(std::size_t n, int first, int last) {
    buffers_.push_back({std::max<std::size_t>(aligned(n), alignment), first, last, 0});
    return static_cast<int>(buffers_.size()) - 1;
  }

  void give_buffers() {
    for (const auto& [p, s] : producer_) {
      if (home_.count(p)) continue;
      if (is_read_by_runs(p)) {
        home_[p] = {-1, 0, keep(bytes(p))};
        continue;
      }
      int last = s;
      const auto found = readers_.find(p);
      if (found != readers_.end()) last = std::max(s, *std::max_element(found->second.begin(), found->second.end()));
      else if (program_.steps[static_cast<std::size_t>(s)].scan) {  // an unrolled scan knows which of its outputs are read
        home_[p] = {};
        continue;
      }
      home_[p] = {new_buffer(bytes(p), s, last), 0, {}};
      floating_.insert(p);
    }
    for (int s = 0; s < end_; ++s) {
      const std::size_t n = program_.steps[static_cast<std::size_t>(s)].kernel.scratch_bytes;
      scratch_.push_back(n ? new_buffer(n, s, s) : -1);
      const std::size_t kept = program_.steps[static_cast<std::size_t>(s)].kernel.kept_bytes;
      kept_.push_back(kept ? keep(kept) : Location{});
    }
  }

  // A steady value stays where runs find it; one that only other steady steps and renewals read lives while they do. Steady
  // steps and renewals run in the order of the steps, before them all, and so share the arena by the same lives.
  bool is_read_by_runs(Port p) const {
    if (!program_.steps[static_cast<std::size_t>(producer_.at(p))].steady) return false;
    const auto found = readers_.find(p);
    if (found == readers_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](int s) {
      const ProgramStep& step = program_.steps[static_cast<std::size_t>(s)];
      if (step.steady) return false;
      for (std::size_t i = 0; i < step.inputs.size(); ++i) {
        const auto& kept = step.kernel.kept_inputs;
        if (root(step.inputs[i]) == p && std::find(kept.begin(), kept.end(), static_cast<int>(i)) == kept.end()) return true;
      }
      return false;
    });
  }

  Location keep(std::size_t n) {
    const Location at{Space::kept, 0, kept_bytes_};
    kept_bytes_ += aligned(std::max<std::size_t>(n, 1));
    return at;
  }

  void share_in_place() {
    if (!options_.reuse) return;
    for (int s = 0; s < end_; ++s) {
      const ProgramStep& step = program_.steps[static_cast<std::size_t>(s)];
      std::set<int> taken;
      for (const auto& [in, out] : step.kernel.in_place) {
        const Port from = root(step.inputs[static_cast<std::size_t>(in)]), to = step.outputs[static_cast<std::size_t>(out)];
        if (producer_.count(from) && program_.steps[static_cast<std::size_t>(producer_.at(from))].steady != step.steady) continue;
        if (!floating_.count(from) || !floating_.count(to) || bytes(from) != bytes(to) || !all_in_place(step, from, to)) continue;
        const int a = home_[from].buffer, b = home_[to].buffer;
        if (a == b || taken.count(a) || taken.count(b)) continue;
        Buffer& kept = buffers_[static_cast<std::size_t>(a)];
        Buffer& gone = buffers_[static_cast<std::size_t>(b)];
        if (kept.last != s || gone.first != s) continue;
        kept.last = gone.last;
        gone.bytes = 0;
        home_[to].buffer = a;
        taken.insert(a);
      }
    }
  }

  // Largest first, each at the lowest offset that is free during its life.
  void lay_out() {
    std::vector<int> order;
    for (std::size_t b = 0; b < buffers_.size(); ++b)
      if (buffers_[b].bytes) order.push_back(static_cast<int>(b));
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return buffer(a).bytes > buffer(b).bytes; });
    std::vector<int> placed;
    for (const int b : order) {
      std::vector<std::pair<std::size_t, std::size_t>> busy;
      for (const int other : placed)
        if (!options_.reuse || (buffer(other).first <= buffer(b).last && buffer(b).first <= buffer(other).last))
          busy.emplace_back(buffer(other).offset, buffer(other).offset + buffer(other).bytes);
      std::sort(busy.begin(), busy.end());
      std::size_t offset = 0;
      for (const auto& [from, to] : busy) {
        if (offset + buffer(b).bytes <= from) break;
        offset = std::max(offset, to);
      }
      buffers_[static_cast<std::size_t>(b)].offset = offset;
      arena_bytes_ = std::max(arena_bytes_, offset + buffer(b).bytes);
      placed.push_back(b);
    }
    for (int s = 0; s <= end_; ++s) {
      std::size_t live = 0;
      for (const Buffer& b : buffers_)
        if (b.first <= s && s <= b.last) live += b.bytes;
      live_bytes_ = std::max(live_bytes_, live);
    }
  }
  const Buffer& buffer(int b) const { return buffers_[static_cast<std::size_t>(b)]; }

  Location location(Port r) {
    if (is_leaf(r)) return location_of_leaf(r);
    const Home& home = home_.at(r);
    if (home.buffer < 0) return home.fixed;
    return {Space::arena, 0, buffer(home.buffer).offset + home.offset};
  }

  Placement result() {
    Placement p;
    for (std::size_t s = 0; s < program_.steps.size(); ++s) {
      p.inputs.emplace_back();
      p.outputs.emplace_back();
      for (const Port& in : program_.steps[s].inputs) p.inputs.back().push_back(location(root(in)));
      for (const Port& out : program_.steps[s].outputs) p.outputs.back().push_back(location(out));
      p.scratch.push_back(scratch_[s] < 0 ? Location{} : Location{Space::arena, 0, buffer(scratch_[s]).offset});
    }
    for (const PackedCopy& c : packed_copies_) {
      Location to = location(c.pack);
      to.offset += c.offset;
      p.copies.push_back({c.after, location(c.from), to, c.type});
    }
    // An old value that another update may overwrite is set aside first.
    for (const Pin& pin : copied_pins_) {
      const Port r = root(pin.value);
      Location from = location(r);
      const ArrayType type = array_type(graph_.type(pin.value));
      if (from.space == Space::variable && copied_pins_.size() > 1) {
        const Location aside{Space::arena, 0, arena_bytes_};
        arena_bytes_ += aligned(type.bytes());
        p.copies.push_back({-1, from, aside, type});
        from = aside;
      }
      p.copies.push_back({end_ - 1, from, pin.target, type});
    }
    for (const Port& out : graph_.outputs) {
      Location at = location(root(out));
      const bool changes = at.space == Space::variable && std::any_of(pins_.begin(), pins_.end(), [&](const Pin& pin) {
        return overlap(pin.target, bytes(root(pin.value)), at, bytes(root(out)));
      });
      if (changes) {  // the output is the value before the update
        const Location aside{Space::arena, 0, arena_bytes_};
        arena_bytes_ += aligned(bytes(root(out)));
        p.copies.push_back({-1, at, aside, array_type(graph_.type(out))});
        at = aside;
      }
      p.graph_outputs.push_back(at);
    }
    p.kept = kept_;
    p.kept_bytes = kept_bytes_;
    p.arena_bytes = arena_bytes_;
    p.live_bytes = live_bytes_;
    p.constants = std::move(constants_);
    return p;
  }

  struct PackedCopy { int after; Port from, pack; std::size_t offset; ArrayType type; };

  const Program& program_;
  const Graph& graph_;
  std::span<const Pin> pins_;
  const std::function<Location(const OpNode&)>& leaf_;
  const CompileOptions& options_;
  int end_;
  std::map<Port, int> producer_;
  std::map<Port, std::size_t> stated_bytes_;
  std::map<Port, std::vector<int>> readers_;  // steps, by root; the end counts as a step
  std::map<Port, Home> home_;
  std::set<Port> floating_;  // alone in a buffer of their own
  std::vector<Buffer> buffers_;
  std::vector<int> scratch_;
  std::vector<Location> kept_;
  std::vector<Pin> copied_pins_;
  std::vector<PackedCopy> packed_copies_;
  std::map<std::int32_t, std::size_t> constant_at_;
  std::vector<std::byte> constants_;
  std::size_t arena_bytes_ = 0, live_bytes_ = 0, kept_bytes_ = 0;
};

}  // namespace

Placement place(const Program& program, std::span<const Pin> pins, const std::function<Location(const OpNode&)>& leaf, const CompileOptions& options) {
  return Placer(program, pins, leaf, options).run();
}

}  // namespace strata
