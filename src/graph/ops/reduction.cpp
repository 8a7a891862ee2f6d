// Ops that make fewer elements from many.
#include <fmt/format.h>

#include <strata/error.h>
#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

// Attributes: axes (sorted, not negative), keepdims.
Shape reduced_shape(const Shape& shape, const std::vector<std::int64_t>& axes, bool keepdims) {
  std::vector<Dim> dims;
  for (int i = 0; i < shape.rank(); ++i) {
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) dims.push_back(shape[i]);
    else if (keepdims) dims.push_back(Dim(1));
  }
  return Shape(std::move(dims));
}

std::vector<TensorType> reduced(Types in, const Attributes& a) {
  return {{in[0].dtype, reduced_shape(in[0].shape, a.integers("axes"), a.flag("keepdims"))}};
}

std::vector<TensorType> index_of(Types in, const Attributes& a) {
  return {{DType::int64, reduced_shape(in[0].shape, {a.integer("axis")}, false)}};
}

// `reduced` with its reduced axes back as ones, so that it broadcasts against the operand of the reduction.
Value with_ones(Value reduced, const Shape& operand, const Attributes& a) {
  return reshape(reduced, reduced_shape(operand, a.integers("axes"), true));
}

// Every element that equals the extreme takes an equal share.
void extreme_gradient(G& g) {
  const Attributes a = g.attributes();
  const auto& axes = a.integers("axes");
  const Value chosen = cast(equal(g.x(), with_ones(g.y(), g.x().shape(), a)), g.x().dtype());
  const Value ties = sum(chosen, Axes(axes.begin(), axes.end()), true);
  g.set(0, chosen * (with_ones(g.dy(), g.x().shape(), a) / ties));
}

const Op rows[] = {
    {.name = "reduce_sum", .kind = OpKind::primitive, .infer = reduced,
     .gradient = [](G& g) { g.set(0, broadcast_to(with_ones(g.dy(), g.x().shape(), g.attributes()), g.x().shape())); }},
    {.name = "reduce_max", .kind = OpKind::primitive, .infer = reduced, .gradient = extreme_gradient},
    {.name = "reduce_min", .kind = OpKind::primitive, .infer = reduced, .gradient = extreme_gradient},
    {.name = "argmax", .kind = OpKind::primitive, .infer = index_of, .differentiable = false},
    {.name = "argmin", .kind = OpKind::primitive, .infer = index_of, .differentiable = false},
};

std::vector<std::int64_t> sorted_axes(Value x, const std::optional<Axes>& axes, std::string_view op) {
  std::vector<std::int64_t> sorted;
  if (!axes)
    for (int i = 0; i < x.rank(); ++i) sorted.push_back(i);
  else
    for (const int axis : *axes) sorted.push_back(normalize_axis(axis, x.rank(), op));
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) shape_error(op, "an axis is named twice");
  return sorted;
}

Value reduce(std::string_view op, Value x, const std::optional<Axes>& axes, bool keepdims) {
  const auto sorted = sorted_axes(x, axes, op);
  if (sorted.empty()) return x;
  return emit(op, {x}, {{"axes", sorted}, {"keepdims", std::int64_t{keepdims}}});
}

}  // namespace

std::span<const Op> reduction_ops() { return rows; }

Value sum(Value x, std::optional<Axes> axes, bool keepdims) {
  return reduce("reduce_sum", x.dtype() == DType::boolean ? cast(x, DType::int32) : x, axes, keepdims);
}

Value count(Value x, std::optional<Axes> axes, DType dtype) {
  Dim n = 1;
  std::vector<Dim> open;
  for (const std::int64_t axis : sorted_axes(x, axes, "count")) {
    if (x.dim(static_cast<int>(axis)).is_known()) n = n * x.dim(static_cast<int>(axis));
    else open.push_back(x.dim(static_cast<int>(axis)));
  }
  const Value known = x.graph().constant(dtype, static_cast<double>(n.value()));
  if (open.empty()) return known;
  // An open axis gets its number with the plan: then the sum of that many ones folds to a constant.
  return known * sum(broadcast_to(x.graph().constant(dtype, 1), Shape(open)));
}

Value mean(Value x, std::optional<Axes> axes, bool keepdims) {
  const Value floating = is_floating(x.dtype()) ? x : cast(x, DType::float32);
  const Value wide = widened(floating);  // a sum of float16 elements is soon above 65504, their number too
  return cast(sum(wide, axes, keepdims) / count(wide, axes, wide.dtype()), floating.dtype());
}

Value variance(Value x, std::optional<Axes> axes, bool keepdims) {
  return mean(square(x - mean(x, axes, true)), axes, keepdims);
}

Value reduce_max(Value x, std::optional<Axes> axes, bool keepdims) { return reduce("reduce_max", x, axes, keepdims); }
Value reduce_min(Value x, std::optional<Axes> axes, bool keepdims) { return reduce("reduce_min", x, axes, keepdims); }
Value reduce_any(Value x, std::optional<Axes> axes, bool keepdims) {
  return cast(reduce("reduce_max", cast(x, DType::int32), axes, keepdims), DType::boolean);
}
Value reduce_all(Value x, std::optional<Axes> axes, bool keepdims) {
  return cast(reduce("reduce_min", cast(x, DType::int32), axes, keepdims), DType::boolean);
}
Value argmax(Value x, int axis) { return emit("argmax", {x}, {{"axis", std::int64_t{normalize_axis(axis, x.rank(), "argmax")}}}); }
Value argmin(Value x, int axis) { return emit("argmin", {x}, {{"axis", std::int64_t{normalize_axis(axis, x.rank(), "argmin")}}}); }

}  // namespace strata
