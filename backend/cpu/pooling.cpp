// Pooling over (N, spatial..., C), in one pass each way. Which element a window took is a byte, not the op table's int32.
#include "backend/cpu/maker.h"
#include "backend/cpu/parallel.h"
#include "backend/window.h"

namespace strata::cpu {
namespace {

std::variant<PoolShape, Declined> pool_of(const ArrayType& x, const ArrayType& y, const Attributes& a) {
  const int spatial = x.rank() - 2;
  if (spatial > 3) return Declined{"it has more than three spatial axes"};
  PoolShape s{.samples = x.dim(0), .channels = x.dim(-1), .input = {1, 1, 1}, .output = {1, 1, 1}, .size = {1, 1, 1}, .stride = {1, 1, 1},
              .low = {0, 0, 0}};
  for (int i = 0; i < spatial; ++i) {
    const auto k = static_cast<std::size_t>(i), to = static_cast<std::size_t>(3 - spatial + i);
    s.input[to] = x.dims[k + 1];
    s.output[to] = y.dims[k + 1];
    s.size[to] = a.integers("size")[k];
    s.stride[to] = a.integers("strides")[k];
    s.low[to] = window_axis(a.text("padding"), s.input[to], s.size[to], s.stride[to], 1).low;
  }
  return s;
}

std::int64_t positions(const PoolShape& s) { return s.samples * s.output[0] * s.output[1] * s.output[2]; }
// A window's elements are neighbours: two cost about as much as one elsewhere.
std::int64_t work(const PoolShape& s) { return positions(s) * s.channels * s.size[0] * s.size[1] * s.size[2] / 2; }

constexpr const char* bytes = "window element as a byte";

}  // namespace

// Where no gradient comes, nobody reads which elements were the largest.
Answer max_pool(const Region& region, const Machine& machine) {
  const bool values_only = region.ops.size() == 1 && region.outputs == std::vector<Source>{{0, 0}};
  if (!values_only && !OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& x = region.type(op.inputs[0]);
  if (!is_float32(x)) return Declined{"it is not float32"};
  auto made = pool_of(x, op.outputs[0], *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const PoolShape s = std::get<PoolShape>(made);
  if (s.size[0] * s.size[1] * s.size[2] > 256) return Declined{"a byte does not number the elements of its window"};
  Candidate candidate{.name = "max pool", .pair = bytes};
  if (!values_only) candidate.hidden_bytes = {static_cast<std::size_t>(op.outputs[0].elements())};
  candidate.prepare = [s, values_only, &tiles = *machine.tiles, own = OwnOrder(region)] {
    return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void*) {
      std::uint8_t* const index = values_only ? nullptr : own.out<std::uint8_t>(outputs, 1);
      parallel(positions(s), work(s), [&](std::int64_t begin, std::int64_t end) {
        tiles.max_pool(s, own.in(inputs, 0), own.out(outputs, 0), index, begin, end);
      });
    });
  };
  return candidate;
}

Answer max_pool_gradient(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  if (!is_float32(op.outputs[0])) return Declined{"it is not float32"};
  auto made = pool_of(op.outputs[0], region.type(op.inputs[1]), *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const PoolShape s = std::get<PoolShape>(made);
  if (s.size[0] * s.size[1] * s.size[2] > 256) return Declined{"a byte does not number the elements of its window"};
  return Candidate{.name = "max pool gradient", .pair = bytes, .prepare = [s, &tiles = *machine.tiles, own = OwnOrder(region)] {
    return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void*) {
      parallel(s.samples, work(s), [&](std::int64_t begin, std::int64_t end) {
        tiles.max_pool_gradient(s, own.in<std::uint8_t>(inputs, 0), own.in(inputs, 1), own.out(outputs, 0), begin, end);
      });
    });
  }};
}

Answer average_pool(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& x = region.type(op.inputs[0]);
  if (!is_float32(x)) return Declined{"it is not float32"};
  auto made = pool_of(x, op.outputs[0], *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const PoolShape s = std::get<PoolShape>(made);
  return Candidate{.name = "average pool", .prepare = [s, &tiles = *machine.tiles] {
    return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void*) {
      parallel(positions(s), work(s), [&](std::int64_t begin, std::int64_t end) { tiles.average_pool(s, in(inputs, 0), out(outputs, 0), begin, end); });
    });
  }};
}

Answer average_pool_gradient(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  if (!is_float32(op.outputs[0])) return Declined{"it is not float32"};
  auto made = pool_of(op.outputs[0], region.type(op.inputs[0]), *op.attributes);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const PoolShape s = std::get<PoolShape>(made);
  return Candidate{.name = "average pool gradient", .prepare = [s, &tiles = *machine.tiles] {
    return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void*) {
      parallel(s.samples, work(s), [&](std::int64_t begin, std::int64_t end) { tiles.average_pool_gradient(s, in(inputs, 0), out(outputs, 0), begin, end); });
    });
  }};
}

}  // namespace strata::cpu
