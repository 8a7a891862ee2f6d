// Softmax and the losses that are a softmax and a logarithm, a row at a time; rows go to threads, so the bits stay.
#include "backend/cpu/parallel.h"
#include "backend/cpu/maker.h"

namespace strata::cpu {
namespace {

struct Rows { std::int64_t count, columns; };

// An exponential costs about as much as this many additions.
constexpr std::int64_t exponential = 8;

// f(inputs, outputs, begin, end) over the rows; the region is one op whose inputs and outputs are all its own.
template <class F>
Answer by_rows(const Region& region, std::string name, const Rows& rows, std::vector<std::pair<int, int>> in_place, F f) {
  const RegionOp& op = region.ops[0];
  if (region.ops.size() != 1) return Declined{"it takes no epilogue"};
  std::vector<int> order, places(op.outputs.size(), -1);
  for (const Source& s : op.inputs) order.push_back(s.index);
  for (std::size_t i = 0; i < region.outputs.size(); ++i) places[static_cast<std::size_t>(region.outputs[i].index)] = static_cast<int>(i);
  // An output that nobody asked for is written to scratch.
  std::size_t spare = 0;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (places[i] < 0) spare = std::max(spare, op.outputs[i].bytes());
  std::vector<std::pair<int, int>> pairs;
  for (const auto& [from, to] : in_place)
    if (places[static_cast<std::size_t>(to)] >= 0) pairs.emplace_back(order[static_cast<std::size_t>(from)], places[static_cast<std::size_t>(to)]);
  return Candidate{.name = std::move(name),
                   .scratch_bytes = spare,
                   .in_place = std::move(pairs),
                   .prepare = [=] {
                     return make_kernel([=](void* const* inputs, void* const* outputs, void* scratch) {
                       void *x[8], *y[4];
                       for (std::size_t i = 0; i < order.size(); ++i) x[i] = inputs[order[i]];
                       for (std::size_t i = 0; i < places.size(); ++i) y[i] = places[i] < 0 ? scratch : outputs[places[i]];
                       parallel(rows.count, rows.count * rows.columns * exponential,
                                [&](std::int64_t begin, std::int64_t end) { f(x, y, begin, end); });
                     });
                   }};
}

Rows rows_of(const ArrayType& x) { return {product(x, 0, x.rank() - 1), x.dim(-1)}; }

}  // namespace

Answer softmax(const Region& region, const Machine& machine) {
  if (!is_float32(region)) return Declined{"it is not float32"};
  const Rows rows = rows_of(region.type(region.ops[0].inputs[0]));
  const auto loop = region.ops[0].name == "softmax" ? machine.tiles->softmax : machine.tiles->log_softmax;
  return by_rows(region, "softmax by rows", rows, {{0, 0}}, [loop, n = rows.columns](void* const* x, void* const* y, std::int64_t begin, std::int64_t end) {
    loop(in(x, 0) + begin * n, out(y, 0) + begin * n, end - begin, n);
  });
}

Answer softmax_gradient(const Region& region, const Machine& machine) {
  if (!is_float32(region)) return Declined{"it is not float32"};
  const Rows rows = rows_of(region.type(region.ops[0].inputs[0]));
  const auto loop = region.ops[0].name == "softmax_gradient" ? machine.tiles->softmax_gradient : machine.tiles->log_softmax_gradient;
  return by_rows(region, "softmax gradient by rows", rows, {{0, 0}, {1, 0}},
                 [loop, n = rows.columns](void* const* x, void* const* y, std::int64_t begin, std::int64_t end) {
                   loop(in(x, 0) + begin * n, in(x, 1) + begin * n, out(y, 0) + begin * n, end - begin, n);
                 });
}

Answer cross_entropy(const Region& region, const Machine& machine) {
  const RegionOp& op = region.ops[0];
  const ArrayType &x = region.type(op.inputs[0]), &labels = region.type(op.inputs[1]);
  if (!is_float32(x)) return Declined{"it is not float32"};
  const Rows rows = rows_of(x);
  const Tiles& tiles = *machine.tiles;
  if (op.name == "softmax_cross_entropy")
    return by_rows(region, "cross entropy by rows", rows, {}, [&tiles, n = rows.columns](void* const* x, void* const* y, std::int64_t begin, std::int64_t end) {
      tiles.dense_cross_entropy(in(x, 0) + begin * n, in(x, 1) + begin * n, out(y, 0) + begin, out(y, 1) + begin, end - begin, n);
    });
  return by_rows(region, "cross entropy by rows", rows, {},
                 [&tiles, n = rows.columns, type = element_of(labels.dtype), wide = static_cast<std::int64_t>(size_of(labels.dtype))](
                     void* const* x, void* const* y, std::int64_t begin, std::int64_t end) {
                   tiles.cross_entropy(in(x, 0) + begin * n, in<char>(x, 1) + begin * wide, type, out(y, 0) + begin, out(y, 1) + begin,
                                       end - begin, n);
                 });
}

Answer cross_entropy_gradient(const Region& region, const Machine& machine) {
  const RegionOp& op = region.ops[0];
  const ArrayType &x = region.type(op.inputs[0]), &labels = region.type(op.inputs[1]);
  if (!is_float32(x)) return Declined{"it is not float32"};
  const Rows rows = rows_of(x);
  const Tiles& tiles = *machine.tiles;
  if (op.name == "softmax_cross_entropy_gradient")
    return by_rows(region, "cross entropy gradient by rows", rows, {{0, 0}, {1, 0}},
                   [&tiles, n = rows.columns](void* const* x, void* const* y, std::int64_t begin, std::int64_t end) {
                     tiles.dense_cross_entropy_gradient(in(x, 0) + begin * n, in(x, 1) + begin * n, in(x, 2) + begin, in(x, 3) + begin,
                                                        out(y, 0) + begin * n, end - begin, n);
                   });
  return by_rows(region, "cross entropy gradient by rows", rows, {{0, 0}},
                 [&tiles, n = rows.columns, type = element_of(labels.dtype), wide = static_cast<std::int64_t>(size_of(labels.dtype))](
                     void* const* x, void* const* y, std::int64_t begin, std::int64_t end) {
                   tiles.cross_entropy_gradient(in(x, 0) + begin * n, in<char>(x, 1) + begin * wide, type, in(x, 2) + begin,
                                                in(x, 3) + begin, out(y, 0) + begin * n, end - begin, n);
                 });
}

}  // namespace strata::cpu
