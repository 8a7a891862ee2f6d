#include "backend/cpu/pointwise.h"

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "backend/cpu/parallel.h"

namespace strata::cpu {
namespace {

constexpr std::size_t max_slots = 192;
constexpr std::int64_t longest_tile = 1024;

std::uint64_t bits_of(double value, DType dtype) {
  std::uint64_t bits = 0;
  const auto put = [&](auto x) { std::memcpy(&bits, &x, sizeof x); };
  switch (dtype) {
    case DType::float32: put(static_cast<float>(value)); break;
    case DType::float64: put(value); break;
    case DType::int32: put(static_cast<std::int32_t>(value)); break;
    case DType::int64: put(static_cast<std::int64_t>(value)); break;
    case DType::uint8: put(static_cast<std::uint8_t>(value)); break;
    case DType::boolean: put(static_cast<std::uint8_t>(value != 0)); break;
    case DType::bfloat16:
    case DType::float16:
    case DType::string: break;
  }
  return bits;
}

bool is_transcendental(std::string_view op) {
  for (const std::string_view name : {"exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid", "erf", "power"})
    if (op == name) return true;
  return false;
}

std::size_t aligned(std::size_t bytes) { return (bytes + 63) & ~std::size_t{63}; }

}  // namespace

Pointwise::Answer Pointwise::compile(const Region& region, const Tiles& tiles, int anchor) {
  auto program = std::make_shared<Pointwise>();
  Pointwise& p = *program;
  const int ops = static_cast<int>(region.ops.size());

  // The iteration shape is the largest output's.
  std::vector<std::int64_t> shape;
  const auto computed = [anchor](const Source& s) { return s.op >= 0 && s.op != anchor; };
  const std::size_t given = anchor < 0 ? 0 : region.ops[static_cast<std::size_t>(anchor)].outputs.size();
  for (const Source& s : region.outputs) {
    if (!computed(s)) continue;
    const ArrayType& t = region.type(s);
    if (t.elements() >= p.elements_) p.elements_ = t.elements(), shape = t.dims;
  }
  for (const Source& s : region.outputs)
    if (computed(s) && region.type(s).dims != shape && region.type(s).elements() != 1)
      return Declined{"its outputs have different shapes"};
  const int rank = static_cast<int>(shape.size());

  // Last op that reads each value; outputs of the region live on.
  std::vector<int> slot_of_op(region.ops.size(), -1), last_read(region.ops.size(), -1);
  std::vector<int> last_input_read(region.inputs.size() + given, -1);
  const auto input_index = [&](Source s) { return s.op < 0 ? s.index : static_cast<int>(region.inputs.size()) + s.index; };
  for (int i = 0; i < ops; ++i) {
    if (i == anchor) continue;
    for (const Source& s : region.ops[static_cast<std::size_t>(i)].inputs)
      if (computed(s)) last_read[static_cast<std::size_t>(s.op)] = i;
      else last_input_read[static_cast<std::size_t>(input_index(s))] = i;
  }

  // Slots of the inputs, made when first read.
  std::vector<int> slot_of_input(last_input_read.size(), -1);
  std::int64_t period = 0;
  const auto input_slot = [&](Source s) -> int {
    const int k = input_index(s);
    int& slot = slot_of_input[static_cast<std::size_t>(k)];
    if (slot >= 0) return slot;
    const ArrayType& t = region.type(s);
    Slot made{.kind = Slot::input, .index = k, .size = size_of(t.dtype)};
    if (t.elements() == 1) {
      made.full = p.elements_ == 1;
    } else if (t.elements() != p.elements_) {
      made.kind = Slot::expanded;
      // Axes from the innermost, neighbours that lie behind one another joined.
      std::int64_t stride = 1;
      for (int i = rank - 1, j = t.rank() - 1; i >= 0; --i, --j) {
        const std::int64_t size = shape[static_cast<std::size_t>(i)], own = j >= 0 ? t.dims[static_cast<std::size_t>(j)] : 1;
        const std::int64_t step = own == 1 ? 0 : stride;
        stride *= own;
        if (size == 1) continue;
        if (!made.axes.empty() && made.axes.front().stride * made.axes.front().size == step) made.axes.front().size *= size;
        else made.axes.insert(made.axes.begin(), {size, step});
      }
      if (made.axes.size() == 2 && made.axes[0].stride == 0) made.period = made.axes[1].size;
      if (made.period > 0 && made.period <= longest_tile && period == 0) period = made.period;
    }
    p.slots_.push_back(std::move(made));
    return slot = static_cast<int>(p.slots_.size()) - 1;
  };

  std::vector<int> output_of(region.ops.size(), -1);
  for (std::size_t i = 0; i < region.outputs.size(); ++i)
    if (computed(region.outputs[i])) output_of[static_cast<std::size_t>(region.outputs[i].op)] = static_cast<int>(i);
  for (std::size_t i = 0; i < region.outputs.size(); ++i)
    if (computed(region.outputs[i]) && output_of[static_cast<std::size_t>(region.outputs[i].op)] != static_cast<int>(i))
      return Declined{"an output is named twice"};
    else if (region.outputs[i].op < 0) return Declined{"an input is an output as it is"};

  // Registers: of 8 bytes an element, reused once their value is read for the last time.
  std::vector<int> free_registers, register_slots;
  std::vector<int> register_of_op(region.ops.size(), -1);
  for (int i = 0; i < ops; ++i) {
    if (i == anchor) continue;
    const RegionOp& op = region.ops[static_cast<std::size_t>(i)];
    if (op.outputs.size() != 1) return Declined{fmt::format("{} is not elementwise", op.name)};
    const ArrayType& t = op.outputs[0];
    const int output = output_of[static_cast<std::size_t>(i)];
    if (op.name == "constant") {
      if (!op.attributes->has("value")) return Declined{"a constant of many elements is an input"};
      if (t.dtype == DType::bfloat16 || t.dtype == DType::float16) return Declined{"a constant of half a float's width"};
      if (output >= 0) return Declined{"a constant is an output"};
      p.slots_.push_back({.kind = Slot::constant, .size = size_of(t.dtype), .full = false,
                          .bits = bits_of(op.attributes->number("value"), t.dtype)});
      slot_of_op[static_cast<std::size_t>(i)] = static_cast<int>(p.slots_.size()) - 1;
      continue;
    }
    if (op.inputs.empty() || op.inputs.size() > 3) return Declined{fmt::format("{} is not elementwise", op.name)};
    int operands[3] = {-1, -1, -1};
    bool uniform = p.elements_ != 1;
    unsigned scalars = 0;
    for (std::size_t k = 0; k < op.inputs.size(); ++k) {
      const Source& s = op.inputs[k];
      operands[k] = computed(s) ? slot_of_op[static_cast<std::size_t>(s.op)] : input_slot(s);
      const Slot& slot = p.slots_[static_cast<std::size_t>(operands[k])];
      const bool scalar = slot.kind == Slot::constant || slot.kind == Slot::uniform || (slot.kind == Slot::input && !slot.full);
      uniform = uniform && scalar;
      if (scalar) scalars |= 1u << k;
    }
    const DType from = region.type(op.inputs[op.name == "select" ? 1 : 0]).dtype;
    const std::string name(op.name);
    const TileLoop loop = tiles.pointwise(name.c_str(), element_of(from), element_of(t.dtype), scalars);
    if (loop == nullptr) return Declined{fmt::format("{} of {} has no loop", op.name, text_of(from))};

    Slot made{.kind = Slot::given_register, .size = size_of(t.dtype)};
    if (uniform) {
      made.kind = Slot::uniform;
      made.full = false;
      made.offset = p.uniform_bytes_;
      p.uniform_bytes_ += 64;
      if (output >= 0) p.uniform_outputs_.push_back({static_cast<int>(p.slots_.size()), output, size_of(t.dtype)});
    } else if (output >= 0) {
      made.kind = Slot::output;
      made.index = output;
    } else {
      int reg;
      if (free_registers.empty()) reg = static_cast<int>(p.registers_++);
      else reg = free_registers.back(), free_registers.pop_back();
      register_of_op[static_cast<std::size_t>(i)] = reg;
      made.index = reg;
    }
    p.slots_.push_back(made);
    const int slot = static_cast<int>(p.slots_.size()) - 1;
    slot_of_op[static_cast<std::size_t>(i)] = slot;
    (uniform ? p.uniform_steps_ : p.steps_).push_back({loop, slot, operands[0], operands[1], operands[2]});
    if (!uniform) p.work_ += is_transcendental(op.name) ? 8 : 1;
    for (const Source& s : op.inputs)
      if (computed(s) && last_read[static_cast<std::size_t>(s.op)] == i)
        if (int& reg = register_of_op[static_cast<std::size_t>(s.op)]; reg >= 0) free_registers.push_back(reg), reg = -1;
  }
  if (p.slots_.size() > max_slots) return Declined{fmt::format("{} values are more than {}", p.slots_.size(), max_slots)};

  // An input may give its place to an output that is written when, or after, it is read for the last time.
  for (int i = 0; i < ops; ++i) {
    const int output = output_of[static_cast<std::size_t>(i)], slot = slot_of_op[static_cast<std::size_t>(i)];
    if (output < 0 || p.slots_[static_cast<std::size_t>(slot)].kind != Slot::output) continue;
    for (std::size_t k = 0; k < slot_of_input.size(); ++k) {
      if (slot_of_input[k] < 0) continue;
      const Slot& read = p.slots_[static_cast<std::size_t>(slot_of_input[k])];
      if (read.kind == Slot::input && read.full && read.size == p.slots_[static_cast<std::size_t>(slot)].size && last_input_read[k] <= i)
        p.in_place_.emplace_back(static_cast<int>(k), output);
    }
  }

  p.tile_ = period > 0 ? longest_tile / period * period : longest_tile;
  // Scratch of a thread: registers, expanded operands.
  const std::size_t tile_bytes = aligned(static_cast<std::size_t>(p.tile_) * 8);
  std::size_t bytes = p.registers_ * tile_bytes;
  for (Slot& s : p.slots_) {
    if (s.kind == Slot::given_register) s.offset = static_cast<std::size_t>(s.index) * tile_bytes;
    if (s.kind != Slot::expanded) continue;
    if (s.period > 0 && p.tile_ % s.period != 0) s.period = 0;
    s.offset = bytes;
    bytes += aligned(static_cast<std::size_t>(p.tile_) * s.size);
  }
  p.registers_ = bytes;
  p.uniform_bytes_ = aligned(p.uniform_bytes_);
  return std::shared_ptr<const Pointwise>(std::move(program));
}

void Pointwise::expand(const Slot& slot, const char* from, char* to, std::int64_t begin, std::int64_t n) const {
  constexpr int most = 16;
  std::int64_t index[most] = {};
  const int axes = static_cast<int>(slot.axes.size());
  std::int64_t rest = begin, at = 0;
  for (int i = axes - 1; i >= 0; --i) {
    index[i] = rest % slot.axes[static_cast<std::size_t>(i)].size;
    rest /= slot.axes[static_cast<std::size_t>(i)].size;
    at += index[i] * slot.axes[static_cast<std::size_t>(i)].stride;
  }
  const Axis inner = slot.axes.back();
  const auto fill = [&]<class T>(T*) {
    const T* x = reinterpret_cast<const T*>(from);
    T* y = reinterpret_cast<T*>(to);
    while (n > 0) {
      const std::int64_t run = std::min(n, inner.size - index[axes - 1]);
      const T* source = x + at;
      if (inner.stride == 1) std::memcpy(y, source, static_cast<std::size_t>(run) * sizeof(T));
      else if (inner.stride == 0) std::fill_n(y, run, *source);
      else for (std::int64_t i = 0; i < run; ++i) y[i] = source[i * inner.stride];
      y += run;
      n -= run;
      if (n == 0) return;
      at -= index[axes - 1] * inner.stride;
      index[axes - 1] = 0;
      for (int i = axes - 2; i >= 0; --i) {  // carry
        const Axis& axis = slot.axes[static_cast<std::size_t>(i)];
        at += axis.stride;
        if (++index[i] < axis.size) break;
        at -= axis.size * axis.stride;
        index[i] = 0;
      }
    }
  };
  switch (slot.size) {
    case 1: fill(static_cast<std::uint8_t*>(nullptr)); break;
    case 2: fill(static_cast<std::uint16_t*>(nullptr)); break;
    case 4: fill(static_cast<std::uint32_t*>(nullptr)); break;
    default: fill(static_cast<std::uint64_t*>(nullptr)); break;
  }
}

void Pointwise::run(void* const* inputs, void* const* outputs, void* scratch) const {
  if (elements_ == 0) return;
  char* const base = reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(scratch) + 63) & ~std::uintptr_t{63});
  char* const uniforms = base;

  // Addresses at the beginning of the iteration, and how far each moves per element.
  struct Place { char* address; std::size_t step; };
  const auto places = [&](std::array<Place, max_slots>& at, char* own) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const Slot& s = slots_[i];
      switch (s.kind) {
        case Slot::input: at[i] = {static_cast<char*>(inputs[s.index]), s.full ? s.size : 0}; break;
        case Slot::output: at[i] = {static_cast<char*>(outputs[s.index]), s.size}; break;
        case Slot::uniform: at[i] = {uniforms + s.offset, 0}; break;
        case Slot::constant: at[i] = {const_cast<char*>(reinterpret_cast<const char*>(&s.bits)), 0}; break;
        case Slot::given_register:
        case Slot::expanded: at[i] = {own + s.offset, 0}; break;
      }
    }
  };
  if (!uniform_steps_.empty()) {
    std::array<Place, max_slots> at;
    places(at, base + uniform_bytes_);
    const auto address = [&](int slot) { return slot < 0 ? nullptr : at[static_cast<std::size_t>(slot)].address; };
    for (const Step& s : uniform_steps_) s.loop(1, address(s.out), address(s.a), address(s.b), address(s.c));
  }

  const std::int64_t tiles = (elements_ + tile_ - 1) / tile_;
  parallel(tiles, elements_ * std::max<std::int64_t>(work_ / 3, 1), [&](std::int64_t begin, std::int64_t end, int thread) {
    std::array<Place, max_slots> at;
    places(at, base + uniform_bytes_ + registers_ * static_cast<std::size_t>(thread));
    for (std::size_t i = 0; i < slots_.size(); ++i) at[i].address += at[i].step * static_cast<std::size_t>(begin * tile_);
    const auto address = [&](int slot) { return slot < 0 ? nullptr : at[static_cast<std::size_t>(slot)].address; };
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t n = std::min(tile_, elements_ - t * tile_);
      for (std::size_t i = 0; i < slots_.size(); ++i)
        if (slots_[i].kind == Slot::expanded && (t == begin || slots_[i].period == 0))
          expand(slots_[i], static_cast<const char*>(inputs[slots_[i].index]), at[i].address, t * tile_, n);
      for (const Step& s : steps_) s.loop(n, address(s.out), address(s.a), address(s.b), address(s.c));
      for (std::size_t i = 0; i < slots_.size(); ++i) at[i].address += at[i].step * static_cast<std::size_t>(n);
    }
  });
  for (const UniformOutput& o : uniform_outputs_)
    std::memcpy(outputs[o.output], uniforms + slots_[static_cast<std::size_t>(o.slot)].offset, o.bytes);
}

Answer pointwise_region(const Region& region, const Machine& machine) {
  auto compiled = Pointwise::compile(region, *machine.tiles);
  if (auto* declined = std::get_if<Declined>(&compiled)) return *declined;
  const auto program = std::get<std::shared_ptr<const Pointwise>>(compiled);
  return Candidate{.name = fmt::format("blocked interpreter of {} ops", region.ops.size()),
                   .scratch_bytes = program->scratch_bytes(machine.threads),
                   .in_place = program->in_place(),
                   .prepare = [program] {
                     return make_kernel([program](void* const* inputs, void* const* outputs, void* scratch) {
                       program->run(inputs, outputs, scratch);
                     });
                   }};
}

}  // namespace strata::cpu
