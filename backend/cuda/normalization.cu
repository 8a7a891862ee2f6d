// Batch and layer normalization: sums for the statistics and a pass over the elements each way.
#define STRATA_HOST_DEVICE __host__ __device__
#include "backend/cuda/batch_norm.h"
#include "backend/cuda/each.h"
#include "backend/cuda/fold.h"
#include "backend/cuda/rows.h"
#include "backend/cuda/stored.h"

namespace strata::cuda {
namespace {

struct TwoSums { float a, b; };
__device__ inline TwoSums added(const TwoSums& x, const TwoSums& y) { return {x.a + y.a, x.b + y.b}; }

struct Matrix { std::int64_t rows, columns; };
Matrix matrix_of(const ArrayType& x) { return {product(x, 0, x.rank() - 1), x.dim(-1)}; }

// --- batch normalization -----------------------------------------------------------------------------------------------------

// Sums about the first row, a point near the mean.
template <class S>
struct BatchMoments {
  using Partial = TwoSums;
  const S* x;
  float *mean, *variance, *inverse;
  Matrix m;
  double epsilon;

  __device__ Partial empty() const { return {0, 0}; }
  __device__ void add(Partial& p, std::int64_t row, std::int64_t j) const {
    const float d = load(x[row * m.columns + j]) - load(x[j]);
    p.a += d;
    p.b += d * d;
  }
  __device__ Partial join(Partial p, Partial q) const { return added(p, q); }
  __device__ void finish(std::int64_t j, Partial p) const {
    const double n = static_cast<double>(m.rows), d = static_cast<double>(p.a) / n, v = static_cast<double>(p.b) / n - d * d;
    mean[j] = static_cast<float>(static_cast<double>(load(x[j])) + d);
    variance[j] = v < 0 ? 0.0f : static_cast<float>(v);  // a NaN stays
    inverse[j] = static_cast<float>(1 / sqrt_((v < 0 ? 0 : v) + epsilon));
  }
};

template <class S>
struct BatchNorm {
  const S* x;
  S* y;
  const float *mean, *inverse;
  Floats gamma, beta;
  std::int64_t columns;
  bool with_relu;

  template <class Index>
  __device__ void operator()(Index i) const {
    const Index j = i % static_cast<Index>(columns);
    const float v = (load(x[i]) - mean[j]) * (inverse[j] * gamma[j]) + beta[j];
    y[i] = store<S>(with_relu ? Functors<float>::relu(v) : v);
  }
};

struct VarianceOf {
  const float* s;
  float* variance;
  double epsilon;

  template <class Index>
  __device__ void operator()(Index j) const {
    const double v = 1 / (static_cast<double>(s[j]) * static_cast<double>(s[j])) - epsilon;
    variance[j] = v < 0 ? 0.0f : static_cast<float>(v);  // a NaN stays
  }
};

// sum(dy), sum(dy * (x - mean)).
template <class S>
struct BatchGradientSums {
  using Partial = TwoSums;
  const S *x, *dy;
  const float *mean, *inverse;
  WritableFloats dgamma, dbeta;
  float *mean_dy, *slope;  // [columns]
  Matrix m;

  __device__ Partial empty() const { return {0, 0}; }
  __device__ void add(Partial& p, std::int64_t row, std::int64_t j) const {
    const std::int64_t at = row * m.columns + j;
    const float d = load(dy[at]);
    p.a += d;
    p.b += d * (load(x[at]) - mean[j]);
  }
  __device__ Partial join(Partial p, Partial q) const { return added(p, q); }
  __device__ void finish(std::int64_t j, Partial p) const {
    const float n = static_cast<float>(m.rows), s = inverse[j];
    dgamma.set(j, p.b * s);
    dbeta.set(j, p.a);
    mean_dy[j] = p.a / n;
    slope[j] = s * (p.b * s / n);
  }
};

// gamma * s * (dy - mean(dy) - xhat * mean(dy * xhat)).
template <class S>
struct BatchGradient {
  const S *x, *dy;
  S* dx;
  const float *mean, *inverse, *mean_dy, *slope;
  Floats gamma;
  std::int64_t columns;

  template <class Index>
  __device__ void operator()(Index i) const {
    const Index j = i % static_cast<Index>(columns);
    dx[i] = store<S>(gamma[j] * inverse[j] * (load(dy[i]) - mean_dy[j] - (load(x[i]) - mean[j]) * slope[j]));
  }
};

// --- layer normalization -----------------------------------------------------------------------------------------------------

template <class S>
struct LayerNorm {
  struct Row { float mean, inverse; };
  struct Total { float of; };
  struct Squares { float of; };
  static constexpr int passes = 2;
  static constexpr bool writes = true;
  const S* x;
  S* y;
  float *mean, *inverse;
  Floats gamma, beta;
  std::int64_t columns;
  float epsilon;

  __device__ Row begin(std::int64_t) const { return {}; }
  __device__ Total first() const { return {0}; }
  __device__ Squares second() const { return {0}; }
  __device__ void add(Total& sum, const Row&, std::int64_t at, std::int64_t) const { sum.of += load(x[at]); }
  __device__ void add(Squares& sum, const Row& row, std::int64_t at, std::int64_t) const {
    const float d = load(x[at]) - row.mean;
    sum.of += d * d;
  }
  static __device__ Total join(const Total& a, const Total& b) { return {a.of + b.of}; }
  static __device__ Squares join(const Squares& a, const Squares& b) { return {a.of + b.of}; }
  __device__ void take(Row& row, const Total& all) const { row.mean = all.of / static_cast<float>(columns); }
  __device__ void take(Row& row, const Squares& all) const { row.inverse = 1 / sqrt_(all.of / static_cast<float>(columns) + epsilon); }
  __device__ void finish(const Row& row, std::int64_t i) const {
    mean[i] = row.mean;
    inverse[i] = row.inverse;
  }
  __device__ void write(const Row& row, std::int64_t at, std::int64_t j) const {
    y[at] = store<S>((load(x[at]) - row.mean) * row.inverse * gamma[j] + beta[j]);
  }
};

// s * (g - mean(g) - xhat * mean(g * xhat)) with g = dy * gamma.
template <class S>
struct LayerGradient {
  struct Row { float mean, inverse; TwoSums means; };
  static constexpr int passes = 1;
  static constexpr bool writes = true;
  const S *x, *dy;
  S* dx;
  const float *mean, *inverse;
  Floats gamma;
  std::int64_t columns;

  __device__ Row begin(std::int64_t i) const { return {mean[i], inverse[i], {0, 0}}; }
  __device__ TwoSums first() const { return {0, 0}; }
  __device__ void add(TwoSums& sum, const Row& row, std::int64_t at, std::int64_t j) const {
    const float g = load(dy[at]) * gamma[j];
    sum.a += g;
    sum.b += g * ((load(x[at]) - row.mean) * row.inverse);
  }
  static __device__ TwoSums join(const TwoSums& p, const TwoSums& q) { return added(p, q); }
  __device__ void take(Row& row, const TwoSums& all) const {
    const float n = static_cast<float>(columns);
    row.means = {all.a / n, all.b / n};
  }
  __device__ void finish(const Row&, std::int64_t) const {}
  __device__ void write(const Row& row, std::int64_t at, std::int64_t j) const {
    const float xhat = (load(x[at]) - row.mean) * row.inverse;
    dx[at] = store<S>(row.inverse * (load(dy[at]) * gamma[j] - row.means.a - xhat * row.means.b));
  }
};

// sum(dy * xhat), sum(dy) over the rows.
template <class S>
struct LayerGradientSums {
  using Partial = TwoSums;
  const S *x, *dy;
  const float *mean, *inverse;
  WritableFloats dgamma, dbeta;
  std::int64_t columns;

  __device__ Partial empty() const { return {0, 0}; }
  __device__ void add(Partial& p, std::int64_t row, std::int64_t j) const {
    const std::int64_t at = row * columns + j;
    const float d = load(dy[at]);
    p.a += d * ((load(x[at]) - mean[row]) * inverse[row]);
    p.b += d;
  }
  __device__ Partial join(Partial p, Partial q) const { return added(p, q); }
  __device__ void finish(std::int64_t j, Partial p) const {
    dgamma.set(j, p.a);
    dbeta.set(j, p.b);
  }
};

// --- regions -----------------------------------------------------------------------------------------------------------------

std::optional<Declined> refused(const Region& region) {
  for (const Source& s : region.ops[0].inputs)
    if (!is_float(region.type(s).dtype)) return not_float(region.type(s).dtype);
  if (region.type(region.ops[0].inputs[0]).elements() == 0) return Declined{"it has no elements"};
  return std::nullopt;
}

}  // namespace

void enqueue_variance(const float* s, float* variance, std::int64_t channels, double epsilon, const Machine& machine) {
  each("starting a batch norm", VarianceOf{s, variance, epsilon}, channels, machine);
}

Answer batch_norm(const Region& region, const Machine& machine) {
  if (auto no = refused(region)) return *no;
  const auto read = batch_norm_places(region);
  if (auto* declined = std::get_if<Declined>(&read)) return *declined;
  const BatchNormPlaces p = std::get<BatchNormPlaces>(read);
  const RegionOp& op = region.ops[0];
  const ArrayType& type = region.type(op.inputs[0]);
  const Matrix m = matrix_of(type);
  const double epsilon = op.attributes->number("epsilon");
  const DType gamma_type = region.type(op.inputs[1]).dtype, beta_type = region.type(op.inputs[2]).dtype;
  const Fold f = Fold::across(m.columns, m.rows);
  return with_float(type.dtype, [&]<class S>(Stored<S>) -> Answer {
    return Candidate{
        .name = p.with_relu ? "batch norm + relu" : "batch norm", .scratch_bytes = f.scratch_bytes<BatchMoments<S>>(), .in_place = {{p.x, p.y}}, .prepare = [=] {
          return make_kernel([=](void* const* inputs, void* const* outputs, void* scratch) {
            const S* const x = static_cast<const S*>(inputs[p.x]);
            float *const mean = static_cast<float*>(outputs[p.mean]), *const s = static_cast<float*>(outputs[p.inverse]);
            fold("starting a batch norm", BatchMoments<S>{x, mean, static_cast<float*>(outputs[p.variance]), s, m, epsilon}, f, machine, scratch);
            each("starting a batch norm",
                 BatchNorm<S>{x, static_cast<S*>(outputs[p.y]), mean, s, {inputs[p.gamma], gamma_type}, {inputs[p.beta], beta_type}, m.columns, p.with_relu},
                 m.rows * m.columns, machine);
          });
        }};
  });
}

// Inputs x, gamma, mean, s, dy; outputs dx, dgamma, dbeta.
Answer batch_norm_gradient(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  if (auto no = refused(region)) return *no;
  const ArrayType& type = region.type(region.ops[0].inputs[0]);
  const Matrix m = matrix_of(type);
  const DType gamma = region.type(region.ops[0].inputs[1]).dtype;
  const OwnOrder own(region);
  const Fold f = Fold::across(m.columns, m.rows);
  return with_float(type.dtype, [&]<class S>(Stored<S>) -> Answer {
    const std::size_t sums = f.scratch_bytes<BatchGradientSums<S>>();
    return Candidate{
        .name = "batch norm gradient", .scratch_bytes = sums + static_cast<std::size_t>(2 * m.columns) * sizeof(float),
        .in_place = {own.in_place(0, 0), own.in_place(4, 0)}, .prepare = [=] {
          return make_kernel([=](void* const* inputs, void* const* outputs, void* scratch) {
            float *const mean_dy = reinterpret_cast<float*>(static_cast<char*>(scratch) + sums), *const slope = mean_dy + m.columns;
            const S *const x = own.in<S>(inputs, 0), *const dy = own.in<S>(inputs, 4);
            const float *const mean = own.in(inputs, 2), *const s = own.in(inputs, 3);
            fold("starting a batch norm gradient",
                 BatchGradientSums<S>{x, dy, mean, s, {own.out<void>(outputs, 1), gamma}, {own.out<void>(outputs, 2), gamma}, mean_dy, slope, m}, f, machine, scratch);
            each("starting a batch norm gradient",
                 BatchGradient<S>{x, dy, own.out<S>(outputs, 0), mean, s, mean_dy, slope, {own.in<void>(inputs, 1), gamma}, m.columns}, m.rows * m.columns, machine);
          });
        }};
  });
}

Answer layer_norm(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  if (auto no = refused(region)) return *no;
  const RegionOp& op = region.ops[0];
  const ArrayType& type = region.type(op.inputs[0]);
  const Matrix m = matrix_of(type);
  const float epsilon = static_cast<float>(op.attributes->number("epsilon"));
  const DType gamma = region.type(op.inputs[1]).dtype, beta = region.type(op.inputs[2]).dtype;
  const OwnOrder own(region);
  return with_float(type.dtype, [&]<class S>(Stored<S>) -> Answer {
    return Candidate{.name = "layer norm", .in_place = {own.in_place(0, 0)}, .prepare = [=] {
      return make_kernel([=](void* const* inputs, void* const* outputs, void*) {
        by_rows("starting a layer norm",
                LayerNorm<S>{own.in<S>(inputs, 0), own.out<S>(outputs, 0), own.out(outputs, 1), own.out(outputs, 2), {own.in<void>(inputs, 1), gamma},
                             {own.in<void>(inputs, 2), beta}, m.columns, epsilon},
                m.rows, m.columns, machine);
      });
    }};
  });
}

// Inputs x, gamma, mean, s, dy; outputs dx, dgamma, dbeta.
Answer layer_norm_gradient(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  if (auto no = refused(region)) return *no;
  const ArrayType& type = region.type(region.ops[0].inputs[0]);
  const Matrix m = matrix_of(type);
  const DType gamma = region.type(region.ops[0].inputs[1]).dtype;
  const OwnOrder own(region);
  const Fold f = Fold::across(m.columns, m.rows);
  return with_float(type.dtype, [&]<class S>(Stored<S>) -> Answer {
    return Candidate{
        .name = "layer norm gradient", .scratch_bytes = f.scratch_bytes<LayerGradientSums<S>>(), .in_place = {own.in_place(0, 0), own.in_place(4, 0)}, .prepare = [=] {
          return make_kernel([=](void* const* inputs, void* const* outputs, void* scratch) {
            const S *const x = own.in<S>(inputs, 0), *const dy = own.in<S>(inputs, 4);
            const float *const mean = own.in(inputs, 2), *const s = own.in(inputs, 3);
            // The sums first: dx may lie where x or dy does.
            fold("starting a layer norm gradient",
                 LayerGradientSums<S>{x, dy, mean, s, {own.out<void>(outputs, 1), gamma}, {own.out<void>(outputs, 2), gamma}, m.columns}, f, machine, scratch);
            by_rows("starting a layer norm gradient",
                    LayerGradient<S>{x, dy, own.out<S>(outputs, 0), mean, s, {own.in<void>(inputs, 1), gamma}, m.columns}, m.rows, m.columns, machine);
          });
        }};
  });
}

}  // namespace strata::cuda
