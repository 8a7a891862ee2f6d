// Sums and maxima over axes that lie together, seen as [outer, reduced, inner]; and the index of the largest.
#include <cmath>

#include <fmt/format.h>

#include "backend/cpu/epilogue.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {
namespace {

struct Folded { std::int64_t outer = 1, reduced = 1, inner = 1; };

// Axes of one element count as none.
std::variant<Folded, Declined> folded(const ArrayType& x, const std::vector<std::int64_t>& axes) {
  Folded f;
  int phase = 0;
  for (int i = 0; i < x.rank(); ++i) {
    const std::int64_t size = x.dims[static_cast<std::size_t>(i)];
    if (size == 1) continue;
    const bool is_reduced = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (is_reduced && phase == 0) phase = 1;
    if (!is_reduced && phase == 1) phase = 2;
    if (is_reduced && phase == 2) return Declined{"its axes do not lie together"};
    (phase == 0 ? f.outer : phase == 1 ? f.reduced : f.inner) *= size;
  }
  return f;
}

// Rows are few and long: each is cut into slices, whose sums are added in order.
struct RowSlices {
  std::int64_t count, length;
  explicit RowSlices(std::int64_t n) : count(std::max<std::int64_t>((n + 65535) / 65536, 1)), length(n) {}
  std::int64_t begin(std::int64_t i) const { return std::min(i * 65536, length); }
};

void sum_rows(const Tiles& tiles, const Folded& f, const float* x, float* y, double* partial) {
  const RowSlices slices(f.reduced);
  parallel(f.outer * slices.count, f.outer * f.reduced, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t row = i / slices.count, s = i % slices.count, at = slices.begin(s);
      partial[i] = tiles.sum(x + row * f.reduced + at, slices.begin(s + 1) - at);
    }
  });
  for (std::int64_t row = 0; row < f.outer; ++row) {
    double s = 0;
    for (std::int64_t i = 0; i < slices.count; ++i) s += partial[row * slices.count + i];
    y[row] = static_cast<float>(s);
  }
}

// [outer, reduced, inner] -> [outer, inner]: slices of rows, blocks of columns.
void sum_columns(const Tiles& tiles, const Folded& f, const float* x, float* y, float* partial) {
  const Slices slices(f.reduced, f.inner);
  constexpr std::int64_t block = 256;
  const std::int64_t blocks = (f.inner + block - 1) / block;
  parallel(f.outer * slices.count * blocks, f.outer * f.reduced * f.inner, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t o = i / (slices.count * blocks), s = i / blocks % slices.count, j = i % blocks * block;
      const std::int64_t row = slices.begin(s), rows = slices.begin(s + 1) - row;
      tiles.column_sum(x + (o * f.reduced + row) * f.inner + j, rows, std::min(block, f.inner - j), f.inner,
                       (slices.count == 1 ? y : partial) + (o * slices.count + s) * f.inner + j);
    }
  });
  if (slices.count > 1)
    for (std::int64_t o = 0; o < f.outer; ++o)
      tiles.column_sum(partial + o * slices.count * f.inner, slices.count, f.inner, f.inner, y + o * f.inner);
}

}  // namespace

Answer reduction(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType& x = region.type(op.inputs[0]);
  if (!is_float32(x)) return Declined{"it is not float32"};
  auto shape = folded(x, op.attributes->integers("axes"));
  if (auto* declined = std::get_if<Declined>(&shape)) return *declined;
  const Folded f = std::get<Folded>(shape);
  const Tiles& tiles = *machine.tiles;
  if (x.elements() == 0) return Declined{"it has no elements"};
  if (op.name == "reduce_sum") {
    if (f.inner == 1)
      return with_epilogue(region, machine, "sum of rows", static_cast<std::size_t>(f.outer * RowSlices(f.reduced).count) * sizeof(double),
                           [f, &tiles](void* const* inputs, void* output, void* scratch) {
                             sum_rows(tiles, f, in(inputs, 0), static_cast<float*>(output), static_cast<double*>(scratch));
                           });
    return with_epilogue(region, machine, "sum of columns",
                         static_cast<std::size_t>(f.outer * Slices(f.reduced, f.inner).count * f.inner) * sizeof(float),
                         [f, &tiles](void* const* inputs, void* output, void* scratch) {
                           sum_columns(tiles, f, in(inputs, 0), static_cast<float*>(output), static_cast<float*>(scratch));
                         });
  }
  if (op.name == "reduce_max")
    return with_epilogue(region, machine, "maximum", 0, [f, &tiles](void* const* inputs, void* output, void*) {
      const float* x = in(inputs, 0);
      float* y = static_cast<float*>(output);
      parallel(f.outer, f.outer * f.reduced * f.inner, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          if (f.inner == 1) y[i] = tiles.maximum(x + i * f.reduced, f.reduced);
          else tiles.column_maximum(x + i * f.reduced * f.inner, f.reduced, f.inner, f.inner, y + i * f.inner);
      });
    });
  return Declined{fmt::format("{} has no kernel", op.name)};
}

Answer index_of_extreme(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType& x = region.type(op.inputs[0]);
  if (!is_float32(x)) return Declined{"it is not float32"};
  if (op.name != "argmax" || op.attributes->integer("axis") != x.rank() - 1) return Declined{"it is not argmax over the last axis"};
  const std::int64_t columns = x.dim(-1), rows = columns == 0 ? 0 : x.elements() / columns;
  if (columns == 0) return Declined{"it has no elements"};
  const Tiles& tiles = *machine.tiles;
  return with_epilogue(region, machine, "argmax", 0, [=, &tiles](void* const* inputs, void* output, void*) {
    parallel(rows, rows * columns, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) static_cast<std::int64_t*>(output)[i] = tiles.argmax(in(inputs, 0) + i * columns, columns);
    });
  });
}

}  // namespace strata::cpu
