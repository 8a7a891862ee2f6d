// Softmax and the losses that are a softmax and a logarithm, a row at a time.
#define STRATA_HOST_DEVICE __host__ __device__
#include <tuple>

#include "backend/cuda/rows.h"
#include "backend/cuda/stored.h"

namespace strata::cuda {
namespace {

// log(sum(exp(x))) = greatest + log(sum), in one pass: the sum is brought to a new greatest element as it comes.
struct LogSum {
  float greatest, sum;

  static __device__ LogSum of_nothing() { return {float_of_bits(0xFF800000u), 0}; }
  __device__ void add(float x) {
    if (x > greatest) {
      sum = sum * exp_(greatest - x) + (1 + (x - x));  // of infinity: NaN, as exp(x - greatest) is
      greatest = x;
    } else if (x != greatest || x - x == 0) {
      sum += exp_(x - greatest);
    }  // minus infinity before any number adds nothing
  }
  static __device__ LogSum join(LogSum a, LogSum b) {
    const float m = a.greatest > b.greatest ? a.greatest : b.greatest;
    if (m - m != 0) return {m, a.sum + b.sum};  // infinite: zeros, or NaN
    return {m, a.sum * exp_(a.greatest - m) + b.sum * exp_(b.greatest - m)};
  }
  // Of minus infinities alone, NaN.
  __device__ float log_sum() const { return greatest == float_of_bits(0xFF800000u) && sum == 0 ? greatest - greatest : log_(sum); }
};

struct Sums { float at[1]; };
__device__ inline Sums added(const Sums& a, const Sums& b) { return {{a.at[0] + b.at[0]}}; }

template <class S>
struct Softmax {
  using Row = LogSum;  // its sum: the factor, or the logarithm
  static constexpr int passes = 1;
  static constexpr bool writes = true;
  const S* x;
  S* y;
  bool logarithm;

  __device__ Row begin(std::int64_t) const { return {}; }
  __device__ LogSum first() const { return LogSum::of_nothing(); }
  __device__ void add(LogSum& sum, const Row&, std::int64_t at, std::int64_t) const { sum.add(load(x[at])); }
  static __device__ LogSum join(const LogSum& a, const LogSum& b) { return LogSum::join(a, b); }
  __device__ void take(Row& row, const LogSum& all) const { row = {all.greatest, logarithm ? all.log_sum() : 1 / all.sum}; }
  __device__ void finish(const Row&, std::int64_t) const {}
  __device__ void write(const Row& row, std::int64_t at, std::int64_t) const {
    const float v = load(x[at]) - row.greatest;
    y[at] = store<S>(logarithm ? v - row.sum : exp_(v) * row.sum);
  }
};

// y * (dy - sum(y * dy)); of the logarithm, dy - exp(y) * sum(dy).
template <class S>
struct SoftmaxGradient {
  using Row = Sums;
  static constexpr int passes = 1;
  static constexpr bool writes = true;
  const S *y, *dy;
  S* dx;
  bool logarithm;

  __device__ Row begin(std::int64_t) const { return {}; }
  __device__ Sums first() const { return {}; }
  __device__ void add(Sums& sum, const Row&, std::int64_t at, std::int64_t) const { sum.at[0] += logarithm ? load(dy[at]) : load(y[at]) * load(dy[at]); }
  static __device__ Sums join(const Sums& a, const Sums& b) { return added(a, b); }
  __device__ void take(Row& row, const Sums& all) const { row = all; }
  __device__ void finish(const Row&, std::int64_t) const {}
  __device__ void write(const Row& row, std::int64_t at, std::int64_t) const {
    const float a = load(y[at]), d = load(dy[at]);
    dx[at] = store<S>(logarithm ? d - exp_(a) * row.at[0] : a * (d - row.at[0]));
  }
};

// Labels outside [0, columns) are no class: loss 0, gradient 0.
template <class S>
struct SparseCrossEntropy {
  using Row = LogSum;
  static constexpr int passes = 1;
  static constexpr bool writes = false;
  const S* x;
  Integers labels;
  S* loss;
  float* logsumexp;
  std::int64_t columns;

  __device__ Row begin(std::int64_t) const { return {}; }
  __device__ LogSum first() const { return LogSum::of_nothing(); }
  __device__ void add(LogSum& sum, const Row&, std::int64_t at, std::int64_t) const { sum.add(load(x[at])); }
  static __device__ LogSum join(const LogSum& a, const LogSum& b) { return LogSum::join(a, b); }
  __device__ void take(Row& row, const LogSum& all) const { row = all; }
  __device__ void finish(const Row& row, std::int64_t i) const {
    const std::int64_t label = labels[i];
    const float l = row.log_sum();
    logsumexp[i] = row.greatest + l;
    loss[i] = store<S>(label >= 0 && label < columns ? l - (load(x[i * columns + label]) - row.greatest) : 0.0f);
  }
};

// dloss * (softmax - one_hot).
template <class S>
struct SparseCrossEntropyGradient {
  struct Row { std::int64_t label; float d, logsumexp; };
  static constexpr int passes = 0;
  static constexpr bool writes = true;
  const S* x;
  Integers labels;
  const float* logsumexp;
  const S* dloss;
  S* dx;
  std::int64_t columns;

  __device__ Row begin(std::int64_t i) const {
    const std::int64_t label = labels[i];
    return {label, label >= 0 && label < columns ? load(dloss[i]) : 0.0f, logsumexp[i]};
  }
  __device__ void finish(const Row&, std::int64_t) const {}
  __device__ void write(const Row& row, std::int64_t at, std::int64_t j) const {
    const float p = exp_(load(x[at]) - row.logsumexp);
    dx[at] = store<S>(row.d * (j == row.label ? p - 1 : p));
  }
};

// sum(targets * (logsumexp - x)).
template <class S>
struct DenseCrossEntropy {
  struct Row { float logsumexp, loss; };
  static constexpr int passes = 2;
  static constexpr bool writes = false;
  const S *x, *targets;
  S* loss;
  float* logsumexp;

  __device__ Row begin(std::int64_t) const { return {}; }
  __device__ LogSum first() const { return LogSum::of_nothing(); }
  __device__ Sums second() const { return {}; }
  __device__ void add(LogSum& sum, const Row&, std::int64_t at, std::int64_t) const { sum.add(load(x[at])); }
  __device__ void add(Sums& sum, const Row& row, std::int64_t at, std::int64_t) const { sum.at[0] += load(targets[at]) * (row.logsumexp - load(x[at])); }
  static __device__ LogSum join(const LogSum& a, const LogSum& b) { return LogSum::join(a, b); }
  static __device__ Sums join(const Sums& a, const Sums& b) { return added(a, b); }
  __device__ void take(Row& row, const LogSum& all) const { row.logsumexp = all.greatest + all.log_sum(); }
  __device__ void take(Row& row, const Sums& all) const { row.loss = all.at[0]; }
  __device__ void finish(const Row& row, std::int64_t i) const {
    logsumexp[i] = row.logsumexp;
    loss[i] = store<S>(row.loss);
  }
};

// dloss * (softmax * sum(targets) - targets).
template <class S>
struct DenseCrossEntropyGradient {
  struct Row { float d, logsumexp, targets; };
  static constexpr int passes = 1;
  static constexpr bool writes = true;
  const S *x, *targets;
  const float* logsumexp;
  const S* dloss;
  S* dx;

  __device__ Row begin(std::int64_t i) const { return {load(dloss[i]), logsumexp[i], 0}; }
  __device__ Sums first() const { return {}; }
  __device__ void add(Sums& sum, const Row&, std::int64_t at, std::int64_t) const { sum.at[0] += load(targets[at]); }
  static __device__ Sums join(const Sums& a, const Sums& b) { return added(a, b); }
  __device__ void take(Row& row, const Sums& all) const { row.targets = all.at[0]; }
  __device__ void finish(const Row&, std::int64_t) const {}
  __device__ void write(const Row& row, std::int64_t at, std::int64_t) const {
    dx[at] = store<S>(row.d * (exp_(load(x[at]) - row.logsumexp) * row.targets - load(targets[at])));
  }
};

// f(Stored<S>, own order) gives f(inputs, outputs) -> Op.
template <class F>
Answer row_kernel(const Region& region, const Machine& machine, const char* name, std::vector<std::pair<int, int>> in_place, F f) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& x = region.type(op.inputs[0]);
  if (!is_float(x.dtype)) return not_float(x.dtype);
  const std::int64_t columns = x.dim(-1), rows = product(x, 0, x.rank() - 1);
  if (columns == 0) return Declined{"its rows have no elements"};
  const OwnOrder own(region);
  for (auto& [input, output] : in_place) std::tie(input, output) = own.in_place(input, output);
  return with_float(x.dtype, [&]<class S>(Stored<S> stored) -> Answer {
    return Candidate{.name = name, .in_place = std::move(in_place), .prepare = [=, bind = f(stored, own)] {
      return make_kernel([=](void* const* inputs, void* const* outputs, void*) { by_rows("starting a kernel over rows", bind(inputs, outputs), rows, columns, machine); });
    }};
  });
}

}  // namespace

Answer softmax(const Region& region, const Machine& machine) {
  const bool logarithm = region.ops[0].name == "log_softmax";
  return row_kernel(region, machine, "softmax by rows", {{0, 0}}, [=]<class S>(Stored<S>, const OwnOrder& own) {
    return [=](void* const* in, void* const* out) { return Softmax<S>{own.in<S>(in, 0), own.out<S>(out, 0), logarithm}; };
  });
}

Answer softmax_gradient(const Region& region, const Machine& machine) {
  const bool logarithm = region.ops[0].name == "log_softmax_gradient";
  return row_kernel(region, machine, "softmax gradient by rows", {{0, 0}, {1, 0}}, [=]<class S>(Stored<S>, const OwnOrder& own) {
    return [=](void* const* in, void* const* out) { return SoftmaxGradient<S>{own.in<S>(in, 0), own.in<S>(in, 1), own.out<S>(out, 0), logarithm}; };
  });
}

Answer cross_entropy(const Region& region, const Machine& machine) {
  const RegionOp& op = region.ops[0];
  const std::int64_t columns = region.type(op.inputs[0]).dim(-1);
  const DType labels = region.type(op.inputs[1]).dtype;
  if (op.name == "softmax_cross_entropy")
    return row_kernel(region, machine, "cross entropy by rows", {}, [=]<class S>(Stored<S>, const OwnOrder& own) {
      return [=](void* const* in, void* const* out) {
        return DenseCrossEntropy<S>{own.in<S>(in, 0), own.in<S>(in, 1), own.out<S>(out, 0), own.out(out, 1)};
      };
    });
  return row_kernel(region, machine, "cross entropy by rows", {}, [=]<class S>(Stored<S>, const OwnOrder& own) {
    return [=](void* const* in, void* const* out) {
      return SparseCrossEntropy<S>{own.in<S>(in, 0), {own.in<void>(in, 1), labels}, own.out<S>(out, 0), own.out(out, 1), columns};
    };
  });
}

Answer cross_entropy_gradient(const Region& region, const Machine& machine) {
  const RegionOp& op = region.ops[0];
  const std::int64_t columns = region.type(op.inputs[0]).dim(-1);
  const DType labels = region.type(op.inputs[1]).dtype;
  if (op.name == "softmax_cross_entropy_gradient")
    return row_kernel(region, machine, "cross entropy gradient by rows", {{0, 0}, {1, 0}}, [=]<class S>(Stored<S>, const OwnOrder& own) {
      return [=](void* const* in, void* const* out) {
        return DenseCrossEntropyGradient<S>{own.in<S>(in, 0), own.in<S>(in, 1), own.in(in, 2), own.in<S>(in, 3), own.out<S>(out, 0)};
      };
    });
  return row_kernel(region, machine, "cross entropy gradient by rows", {{0, 0}}, [=]<class S>(Stored<S>, const OwnOrder& own) {
    return [=](void* const* in, void* const* out) {
      return SparseCrossEntropyGradient<S>{own.in<S>(in, 0), {own.in<void>(in, 1), labels}, own.in(in, 2), own.in<S>(in, 3), own.out<S>(out, 0), columns};
    };
  });
}

}  // namespace strata::cuda
