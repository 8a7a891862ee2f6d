// max_pool and average_pool over (N, spatial..., C). Attributes: size, strides, padding.
#include <limits>

#include <fmt/format.h>

#include "src/graph/ops/windows.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

TensorType pooled(std::string_view op, const TensorType& in, const Attributes& a) {
  const Shape& x = in.shape;
  const auto& size = a.integers("size");
  if (x.rank() != static_cast<int>(size.size()) + 2)
    shape_error(op, fmt::format("a window over {} axes needs an input (N, spatial..., C) of {} axes, not {}", size.size(), size.size() + 2, x.str()));
  if (!is_floating(in.dtype)) shape_error(op, fmt::format("an input of a floating dtype is needed, not {}", name_of(in.dtype)));
  return {in.dtype, Shape{x[0]} + window_counts(op, x, size, a) + Shape{x[-1]}};
}

// Outputs: y, and hidden: which element of the window it is, row-major, as int32.
std::vector<TensorType> max_pooled(Types in, const Attributes& a) {
  const TensorType y = pooled("max_pool", in[0], a);
  return {y, {DType::int32, y.shape}};
}
std::vector<TensorType> average_pooled(Types in, const Attributes& a) { return {pooled("average_pool", in[0], a)}; }
std::vector<TensorType> stated(Types in, const Attributes& a) { return {{in.back().dtype, a.shape("shape")}}; }

// Padding never wins against a number; the first of equals wins; a NaN wins.
std::vector<Value> max_pool_from_primitives(std::span<const Value> in, const Attributes& a) {
  const Windows windows(in[0].shape(), a.integers("size"), a);
  const Value padded = windows.padded(in[0], -std::numeric_limits<double>::infinity());
  Value y = windows.element(padded, 0);
  Value index = full(y, y.shape(), 0, DType::int32);
  for (std::int64_t k = 1; k < windows.elements(); ++k) {
    const Value candidate = windows.element(padded, k);
    const Value better = logical_or(candidate > y, is_nan(candidate));
    y = select(better, candidate, y);
    index = select(better, static_cast<int>(k), index);
  }
  return {y, index};
}

// Inputs index, dy; attribute shape of x.
std::vector<Value> max_pool_gradient_from_primitives(std::span<const Value> in, const Attributes& a) {
  const Windows windows(a.shape("shape"), a.integers("size"), a);
  const Value index = in[0], dy = widened(in[1]);
  Value dx;
  for (std::int64_t k = 0; k < windows.elements(); ++k) {
    const Value part = windows.put_back(select(equal(index, static_cast<int>(k)), dy, 0), k);
    dx = dx ? dx + part : part;
  }
  return {cast(windows.cropped(dx), in[1].dtype())};
}

// v divided by the number of elements of each window that lie inside.
Value divided_by_count(Value v, const Windows& windows) {
  Value count = v.graph().constant(v.dtype(), 1);
  for (std::size_t i = 0; i < windows.axes().size(); ++i) {
    std::vector<std::int64_t> inside = windows.inside(i), shape(static_cast<std::size_t>(v.rank()), 1);
    shape[i + 1] = static_cast<std::int64_t>(inside.size());
    const bool uniform = std::equal(inside.begin() + 1, inside.end(), inside.begin());
    count = count * (uniform ? v.graph().constant(v.dtype(), static_cast<double>(inside[0]))
                             : cast(v.graph().constant(Tensor::of<std::int64_t>(shape, inside)), v.dtype()));
  }
  return v / count;
}

std::vector<Value> average_pool_from_primitives(std::span<const Value> in, const Attributes& a) {
  const Windows windows(in[0].shape(), a.integers("size"), a);
  const Value padded = windows.padded(widened(in[0]), 0);
  Value total = windows.element(padded, 0);
  for (std::int64_t k = 1; k < windows.elements(); ++k) total = total + windows.element(padded, k);
  return {cast(divided_by_count(total, windows), in[0].dtype())};
}

// Input dy; attribute shape of x.
std::vector<Value> average_pool_gradient_from_primitives(std::span<const Value> in, const Attributes& a) {
  const Windows windows(a.shape("shape"), a.integers("size"), a);
  const Value share = divided_by_count(widened(in[0]), windows);
  Value dx = windows.put_back(share, 0);
  for (std::int64_t k = 1; k < windows.elements(); ++k) dx = dx + windows.put_back(share, k);
  return {cast(windows.cropped(dx), in[0].dtype())};
}

Attributes window_of(const Attributes& a) {
  return {{"size", a.integers("size")}, {"strides", a.integers("strides")}, {"padding", a.text("padding")}};
}
Attributes with_shape(const Attributes& a, const Shape& shape) {
  Attributes all = window_of(a);
  all.set("shape", shape);
  return all;
}

const Op rows[] = {
    {.name = "max_pool", .kind = OpKind::fused, .infer = max_pooled,
     .gradient = [](G& g) {
       g.set(0, g.graph().add("max_pool_gradient", {g.y(1), g.dy()}, with_shape(g.attributes(), g.x().shape())));
     },
     .decompose = max_pool_from_primitives, .first_hidden = 1},
    {.name = "max_pool_gradient", .kind = OpKind::fused, .infer = stated, .decompose = max_pool_gradient_from_primitives,
     .forward = "max_pool"},
    {.name = "average_pool", .kind = OpKind::fused, .infer = average_pooled,
     .gradient = [](G& g) {
       g.set(0, g.graph().add("average_pool_gradient", {g.dy()}, with_shape(g.attributes(), g.x().shape())));
     },
     .decompose = average_pool_from_primitives},
    {.name = "average_pool_gradient", .kind = OpKind::fused, .infer = stated,
     .gradient = [](G& g) { g.set(0, g.graph().add("average_pool", {g.dy()}, window_of(g.attributes()))); },
     .decompose = average_pool_gradient_from_primitives, .forward = "average_pool"},
};

Value pool(std::string_view op, Value x, const Window& window) {
  const auto given = window_attributes(op, window, std::max(x.rank() - 2, 0), window.size);
  const auto& dilation = given.integers("dilation");
  if (std::any_of(dilation.begin(), dilation.end(), [](std::int64_t d) { return d != 1; }))
    shape_error(op, "a pooling window has no dilation");
  if (window.padding == PaddingMode::causal) shape_error(op, "padding 'causal' is for convolution; 'valid' or 'same' is needed");
  if (std::any_of(window.size.begin(), window.size.end(), [](std::int64_t s) { return s < 1; }))
    shape_error(op, "every side of the window must be at least 1");
  return emit(op, {x}, {{"size", window.size}, {"strides", given.integers("strides")}, {"padding", given.text("padding")}});
}

}  // namespace

std::span<const Op> pooling_ops() { return rows; }

Value max_pool(Value x, const Window& window) { return pool("max_pool", x, window); }
Value average_pool(Value x, const Window& window) { return pool("average_pool", x, window); }

}  // namespace strata
