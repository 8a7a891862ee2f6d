// reduce_sum, reduce_max, reduce_min over axes; argmax, argmin over one.
#include <algorithm>
#include <limits>

#include "backend/reference/element.h"
#include "backend/reference/kernels.h"
#include "backend/reference/walk.h"

namespace strata::reference {
namespace {

// The kept axes around the reduced ones: offsets in x.
struct Loops {
  Walk<1> kept, reduced;
};
Loops loops_of(const ArrayType& x, const std::vector<std::int64_t>& axes) {
  const Strides strides = row_major(x.dims);
  Loops loops;
  for (std::size_t i = 0; i < x.dims.size(); ++i) {
    Walk<1>& walk = std::count(axes.begin(), axes.end(), static_cast<std::int64_t>(i)) ? loops.reduced : loops.kept;
    walk.dims.push_back(x.dims[i]);
    walk.strides[0].push_back(strides[i]);
  }
  return loops;
}

template <class S>
void sum(const Loops& loops, const S* x, S* y) {
  loops.kept.each([&](const auto& base) {
    Sum<S> total = 0;
    loops.reduced.each([&](const auto& at) { total += static_cast<Sum<S>>(load(x[at[0]])); }, base);
    *y++ = store<S>(total);
  });
}

// Whether `a` comes before `b` as the extreme: greater (or less), and a NaN before every number.
template <class T>
bool ahead(T a, T b, bool greatest) {
  if constexpr (std::is_floating_point_v<T>)
    if (a != a || b != b) return a != a && b == b;
  return greatest ? a > b : a < b;
}

// No element gives the identity: minus or plus infinity, the end of the range for integers.
template <class S>
void extreme(const Loops& loops, bool greatest, const S* x, S* y) {
  using T = Value<S>;
  using Limits = std::numeric_limits<T>;
  const T low = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
  const T high = Limits::has_infinity ? Limits::infinity() : Limits::max();
  loops.kept.each([&](const auto& base) {
    T best = greatest ? low : high;
    loops.reduced.each([&](const auto& at) { if (const T v = load(x[at[0]]); ahead(v, best, greatest)) best = v; }, base);
    *y++ = store<S>(best);
  });
}

// The first of equals.
template <class S>
void position(const Loops& loops, bool greatest, const S* x, std::int64_t* y) {
  loops.kept.each([&](const auto& base) {
    auto best = load(x[base[0]]);
    std::int64_t found = 0, i = 0;
    loops.reduced.each([&](const auto& at) {
      if (const auto v = load(x[at[0]]); ahead(v, best, greatest)) {
        best = v;
        found = i;
      }
      ++i;
    }, base);
    *y++ = found;
  });
}

}  // namespace

Definition reduction(const Operation& op) {
  const bool sums = op.name == "reduce_sum", extremes = op.name == "reduce_max" || op.name == "reduce_min";
  const bool positions = op.name == "argmax" || op.name == "argmin";
  if (!sums && !extremes && !positions) return {};
  const ArrayType& x = op.inputs[0];
  if (sums && x.dtype == DType::boolean) return refuse_dtype(op, x.dtype);
  const bool greatest = op.name == "reduce_max" || op.name == "argmax";
  const auto axes = positions ? std::vector<std::int64_t>{op.attributes.integer("axis")} : op.attributes.integers("axes");
  if (positions && x.dim(static_cast<int>(axes[0])) == 0 && op.output.elements() > 0)
    return refuse("the axis has no elements");
  const Loops loops = loops_of(x, axes);
  return with_element(x.dtype, [&]<class S>(Type<S>) -> Definition {
    if (sums) return {[loops](const Arguments& a) { sum(loops, a.in<S>(), a.out<S>()); }};
    if (extremes) return {[=](const Arguments& a) { extreme(loops, greatest, a.in<S>(), a.out<S>()); }};
    return {[=](const Arguments& a) { position(loops, greatest, a.in<S>(), a.out<std::int64_t>()); }};
  });
}

}  // namespace strata::reference
