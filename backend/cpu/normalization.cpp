// Batch and layer normalization: a pass for the statistics and one for the elements each way. Sums over rows go over slices
// whose number follows from the shape, are kept per slice in float32 about a point near the mean, and added in float64.
#include <cmath>

#include "backend/cpu/maker.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {
namespace {

struct Matrix { std::int64_t rows, columns; };
Matrix matrix_of(const ArrayType& x) { return {product(x, 0, x.rank() - 1), x.dim(-1)}; }

Slices slices_of(const Matrix& m) { return Slices(m.rows, m.columns, 64); }

// Two sums per slice and column.
std::size_t partial_bytes(const Matrix& m) { return static_cast<std::size_t>(2 * slices_of(m).count * m.columns) * sizeof(float); }

// f(slice, first row, rows, first sum, second sum) for every slice in parallel.
template <class F>
void over_slices(const Matrix& m, float* partial, F f) {
  const Slices slices = slices_of(m);
  parallel(slices.count, m.rows * m.columns * 2, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      f(slices.begin(i), slices.begin(i + 1) - slices.begin(i), partial + 2 * i * m.columns, partial + (2 * i + 1) * m.columns);
  });
}

double total(const Matrix& m, const float* partial, int which, std::int64_t column) {
  double sum = 0;
  for (std::int64_t i = 0; i < slices_of(m).count; ++i) sum += static_cast<double>(partial[(2 * i + which) * m.columns + column]);
  return sum;
}

std::size_t column_bytes(const Matrix& m, int count) { return static_cast<std::size_t>(m.columns) * sizeof(float) * static_cast<std::size_t>(count); }

std::optional<Declined> refused(const Region& region) {
  for (const Source& s : region.ops[0].inputs)
    if (!is_float32(region.type(s))) return Declined{"it is not float32"};
  if (region.type(region.ops[0].inputs[0]).elements() == 0) return Declined{"it has no elements"};
  return std::nullopt;
}

}  // namespace

Answer batch_norm(const Region& region, const Machine& machine) {
  if (auto no = refused(region)) return *no;
  // A relu behind it rides along.
  const RegionOp& op = region.ops[0];
  const bool relu = region.ops.size() == 2 && region.ops[1].name == "relu" && region.ops[1].inputs[0] == Source{0, 0};
  if (op.name != "batch_norm" || (region.ops.size() != 1 && !relu)) return Declined{"it takes no epilogue but relu"};
  int place[4] = {-1, -1, -1, -1};
  for (std::size_t i = 0; i < region.outputs.size(); ++i) {
    const Source s = region.outputs[i];
    if (relu && s == Source{0, 0}) return Declined{"what comes before the relu is wanted too"};
    place[s.op == 0 ? s.index : 0] = static_cast<int>(i);
  }
  for (const int p : place)
    if (p < 0) return Declined{"an output has no place"};
  const Matrix m = matrix_of(region.type(op.inputs[0]));
  const double epsilon = op.attributes->number("epsilon");
  const int x = op.inputs[0].index, gamma = op.inputs[1].index, beta = op.inputs[2].index;
  return Candidate{
      .name = relu ? "batch norm + relu" : "batch norm", .scratch_bytes = partial_bytes(m) + column_bytes(m, 1), .in_place = {{x, place[0]}},
      .prepare = [=, &tiles = *machine.tiles, y = place[0], mean = place[1], variance = place[2], inverse = place[3]] {
        return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void* scratch) {
          float *partial = static_cast<float*>(scratch), *scale = partial + partial_bytes(m) / sizeof(float);
          float *mu = out(outputs, mean), *var = out(outputs, variance), *s = out(outputs, inverse);
          const float* const shift = in(inputs, x);  // the first row
          over_slices(m, partial, [&](std::int64_t row, std::int64_t rows, float* sum, float* squares) {
            tiles.column_moments(in(inputs, x) + row * m.columns, rows, m.columns, shift, sum, squares);
          });
          const double n = static_cast<double>(m.rows);
          for (std::int64_t j = 0; j < m.columns; ++j) {
            const double d = total(m, partial, 0, j) / n, v = std::max(total(m, partial, 1, j) / n - d * d, 0.0);
            mu[j] = static_cast<float>(static_cast<double>(shift[j]) + d);
            var[j] = static_cast<float>(v);
            s[j] = static_cast<float>(1 / std::sqrt(v + epsilon));
            scale[j] = s[j] * in(inputs, gamma)[j];
          }
          parallel(m.rows, m.rows * m.columns, [&](std::int64_t begin, std::int64_t end) {
            tiles.column_affine(in(inputs, x) + begin * m.columns, end - begin, m.columns, mu, scale, in(inputs, beta), relu,
                                out(outputs, y) + begin * m.columns);
          });
        });
      }};
}

// Inputs x, gamma, mean, s, dy; outputs dx, dgamma, dbeta.
Answer batch_norm_gradient(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  if (auto no = refused(region)) return *no;
  const Matrix m = matrix_of(region.type(region.ops[0].inputs[0]));
  const OwnOrder own(region);
  return Candidate{
      .name = "batch norm gradient", .scratch_bytes = partial_bytes(m) + column_bytes(m, 3), .in_place = {own.in_place(0, 0), own.in_place(4, 0)},
      .prepare = [=, &tiles = *machine.tiles] {
        return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void* scratch) {
          float *partial = static_cast<float*>(scratch), *a = partial + partial_bytes(m) / sizeof(float), *b = a + m.columns, *c = b + m.columns;
          const float *x = own.in(inputs, 0), *gamma = own.in(inputs, 1), *mean = own.in(inputs, 2), *s = own.in(inputs, 3), *dy = own.in(inputs, 4);
          over_slices(m, partial, [&](std::int64_t row, std::int64_t rows, float* sum, float* products) {
            tiles.column_products(x + row * m.columns, dy + row * m.columns, rows, m.columns, mean, sum, products);
          });
          const double n = static_cast<double>(m.rows);
          for (std::int64_t j = 0; j < m.columns; ++j) {
            const double dbeta = total(m, partial, 0, j), dgamma = total(m, partial, 1, j) * static_cast<double>(s[j]);
            own.out(outputs, 1)[j] = static_cast<float>(dgamma);
            own.out(outputs, 2)[j] = static_cast<float>(dbeta);
            a[j] = gamma[j] * s[j];
            b[j] = static_cast<float>(dbeta / n);
            c[j] = static_cast<float>(static_cast<double>(s[j]) * dgamma / n);
          }
          parallel(m.rows, m.rows * m.columns, [&](std::int64_t begin, std::int64_t end) {
            tiles.batch_norm_gradient(x + begin * m.columns, dy + begin * m.columns, end - begin, m.columns, mean, a, b, c,
                                      own.out(outputs, 0) + begin * m.columns);
          });
        });
      }};
}

Answer layer_norm(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  if (auto no = refused(region)) return *no;
  const Matrix m = matrix_of(region.type(region.ops[0].inputs[0]));
  const float epsilon = static_cast<float>(region.ops[0].attributes->number("epsilon"));
  const OwnOrder own(region);
  return Candidate{.name = "layer norm", .in_place = {own.in_place(0, 0)}, .prepare = [=, &tiles = *machine.tiles] {
    return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void*) {
      parallel(m.rows, m.rows * m.columns * 3, [&](std::int64_t begin, std::int64_t end) {
        tiles.layer_norm(own.in(inputs, 0) + begin * m.columns, own.in(inputs, 1), own.in(inputs, 2), epsilon, end - begin, m.columns,
                         own.out(outputs, 0) + begin * m.columns, own.out(outputs, 1) + begin, own.out(outputs, 2) + begin);
      });
    });
  }};
}

// Inputs x, gamma, mean, s, dy; outputs dx, dgamma, dbeta.
Answer layer_norm_gradient(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  if (auto no = refused(region)) return *no;
  const Matrix m = matrix_of(region.type(region.ops[0].inputs[0]));
  const OwnOrder own(region);
  return Candidate{.name = "layer norm gradient", .scratch_bytes = partial_bytes(m), .in_place = {own.in_place(0, 0), own.in_place(4, 0)},
                   .prepare = [=, &tiles = *machine.tiles] {
                     return make_kernel([=, &tiles](void* const* inputs, void* const* outputs, void* scratch) {
                       float* const partial = static_cast<float*>(scratch);
                       over_slices(m, partial, [&](std::int64_t row, std::int64_t rows, float* dgamma, float* dbeta) {
                         const std::int64_t at = row * m.columns;
                         tiles.layer_norm_gradient(own.in(inputs, 0) + at, own.in(inputs, 1), own.in(inputs, 2) + row, own.in(inputs, 3) + row,
                                                   own.in(inputs, 4) + at, rows, m.columns, own.out(outputs, 0) + at, dgamma, dbeta);
                       });
                       for (std::int64_t j = 0; j < m.columns; ++j) {
                         own.out(outputs, 1)[j] = static_cast<float>(total(m, partial, 0, j));
                         own.out(outputs, 2)[j] = static_cast<float>(total(m, partial, 1, j));
                       }
                     });
                   }};
}

}  // namespace strata::cpu
