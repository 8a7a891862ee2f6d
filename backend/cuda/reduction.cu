// Sums, extremes and the positions of extremes, over any axes.
#define STRATA_HOST_DEVICE __host__ __device__
#include <climits>
#include <string>

#include "backend/cuda/fold.h"
#include "backend/cuda/reduction_axes.h"
#include "backend/cuda/stored.h"

namespace strata::cuda {
namespace {

// What sums are kept in, and extremes. Integers wrap.
template <class S> struct Kept { using Sum = float; using Extreme = float; };
template <> struct Kept<double> { using Sum = double; using Extreme = double; };
template <> struct Kept<int> { using Sum = unsigned; using Extreme = int; };
template <> struct Kept<Int64> { using Sum = UInt64; using Extreme = Int64; };
template <> struct Kept<unsigned char> { using Sum = unsigned; using Extreme = int; };

template <class S>
struct Sum {
  using Partial = typename Kept<S>::Sum;
  const S* x;
  S* y;
  Axes kept, reduced;

  __device__ Partial empty() const { return 0; }
  __device__ void add(Partial& p, std::int64_t r, std::int64_t k) const { p += static_cast<Partial>(load(x[kept.offset(k) + reduced.offset(r)])); }
  __device__ Partial join(Partial a, Partial b) const { return a + b; }
  __device__ void finish(std::int64_t k, Partial p) const { y[k] = store<S>(p); }
};

// Whether `a` comes before `b` as the extreme: greater (or less), and a NaN before every number.
template <class T>
__device__ bool ahead(T a, T b, bool greatest) {
  if constexpr (IsFloating<T>::value)
    if (a != a || b != b) return a != a && b == b;
  return greatest ? a > b : a < b;
}

// The extreme of nothing: minus or plus infinity, the end of the range for integers.
template <class S> struct Range {
  static __device__ float low() { return float_of_bits(0xFF800000u); }
  static __device__ float high() { return float_of_bits(0x7F800000u); }
};
template <> struct Range<double> {
  static __device__ double low() { return double_of_bits(0xFFF0000000000000u); }
  static __device__ double high() { return double_of_bits(0x7FF0000000000000u); }
};
template <> struct Range<int> {
  static __device__ int low() { return INT_MIN; }
  static __device__ int high() { return INT_MAX; }
};
template <> struct Range<Int64> {
  static __device__ Int64 low() { return LLONG_MIN; }
  static __device__ Int64 high() { return LLONG_MAX; }
};
template <> struct Range<unsigned char> {
  static __device__ int low() { return 0; }
  static __device__ int high() { return 255; }
};

template <class S>
struct Extreme {
  using Partial = typename Kept<S>::Extreme;
  const S* x;
  S* y;
  Axes kept, reduced;
  bool greatest;

  __device__ Partial empty() const { return greatest ? Range<S>::low() : Range<S>::high(); }
  __device__ void add(Partial& p, std::int64_t r, std::int64_t k) const { p = join(p, static_cast<Partial>(load(x[kept.offset(k) + reduced.offset(r)]))); }
  __device__ Partial join(Partial a, Partial b) const { return ahead(b, a, greatest) ? b : a; }
  __device__ void finish(std::int64_t k, Partial p) const { y[k] = store<S>(p); }
};

// The first of equals.
template <class S>
struct Position {
  struct Partial {
    typename Kept<S>::Extreme value;
    std::int64_t at;  // -1: of nothing
  };
  const S* x;
  std::int64_t* y;
  Axes kept, reduced;
  bool greatest;

  __device__ Partial empty() const { return {0, -1}; }
  __device__ void add(Partial& p, std::int64_t r, std::int64_t k) const {
    const auto value = static_cast<typename Kept<S>::Extreme>(load(x[kept.offset(k) + reduced.offset(r)]));
    if (p.at < 0 || ahead(value, p.value, greatest)) p = {value, r};  // r rises
  }
  __device__ Partial join(Partial a, Partial b) const {
    if (a.at < 0 || b.at < 0) return a.at < 0 ? b : a;
    if (ahead(a.value, b.value, greatest)) return a;
    return ahead(b.value, a.value, greatest) || b.at < a.at ? b : a;
  }
  __device__ void finish(std::int64_t k, Partial p) const { y[k] = p.at; }
};

template <class Op, class Y>
Candidate reduced(const Region& region, const char* name, const Op& op, Y* Op::*y, const ReductionAxes& axes, const Machine& machine) {
  const Fold f = axes.innermost_is_reduced ? Fold::along(axes.kept.count, axes.reduced.count) : Fold::across(axes.kept.count, axes.reduced.count);
  return {.name = name, .scratch_bytes = f.scratch_bytes<Op>(), .prepare = [=, own = OwnOrder(region)] {
    return make_kernel([=](void* const* inputs, void* const* outputs, void* scratch) {
      Op bound = op;
      bound.x = static_cast<decltype(bound.x)>(inputs[own.in_place(0, 0).first]);
      bound.*y = static_cast<Y*>(outputs[0]);
      fold("starting a reduction", bound, f, machine, scratch);
    });
  }};
}

// f(Stored<S>) for what can be added and compared.
template <class F>
Answer with_number(DType t, F f) {
  switch (t) {
    case DType::float64: return f(Stored<double>());
    case DType::int32: return f(Stored<int>());
    case DType::int64: return f(Stored<Int64>());
    case DType::uint8: return f(Stored<unsigned char>());
    case DType::boolean:
    case DType::string: return not_float(t);
    default: return with_float(t, [&](auto stored) -> Answer { return f(stored); });
  }
}

Declined too_many_runs() { return {"its kept and reduced axes alternate more than " + std::to_string(Axes::most) + " times"}; }

}  // namespace

Answer reduction(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& x = region.type(op.inputs[0]);
  const auto axes = reduction_axes(x, op.attributes->integers("axes"));
  if (!axes) return too_many_runs();
  return with_number(x.dtype, [&]<class S>(Stored<S>) -> Answer {
    if (op.name == "reduce_sum") return reduced(region, "sum", Sum<S>{nullptr, nullptr, axes->kept, axes->reduced}, &Sum<S>::y, *axes, machine);
    return reduced(region, "extreme", Extreme<S>{nullptr, nullptr, axes->kept, axes->reduced, op.name == "reduce_max"}, &Extreme<S>::y, *axes, machine);
  });
}

Answer index_of_extreme(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& x = region.type(op.inputs[0]);
  const auto axes = reduction_axes(x, {op.attributes->integer("axis")});
  if (!axes) return too_many_runs();
  if (axes->reduced.count == 0) return Declined{"it has no elements"};
  return with_number(x.dtype, [&]<class S>(Stored<S>) -> Answer {
    return reduced(region, "position of the extreme", Position<S>{nullptr, nullptr, axes->kept, axes->reduced, op.name == "argmax"}, &Position<S>::y, *axes, machine);
  });
}

}  // namespace strata::cuda
