// convolution: y[n, o, f] = sum over k, c of x[n, o*stride + k*dilation - low, c] * kernel[k, c, f], o and k over one to
// three spatial axes (any number, in fact). Attributes: strides, dilation, padding, groups; with g groups the channels of x
// and the filters are cut into g parts, and part i of the filters sees part i of the channels. filters_first: the kernel is
// kernel[f, k, c], as some backends' kernels read it (the compiler sets it).
//
// It is linear in either operand, so the gradients of its two gradient ops are these three ops again. The input gradient is
// also what a transposed convolution computes.
#include <numeric>

#include <fmt/format.h>

#include "src/graph/kernel_order.h"
#include "src/graph/ops/windows.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

// kernel (spatial..., C/groups, F).
std::vector<std::int64_t> size_of_kernel(const Shape& kernel) {
  return kernel.slice(0, kernel.rank() - 2).values();
}

// A kernel of an op, with its filters last.
Shape keras_order(const Shape& kernel, const Attributes& a) {
  return a.flag("filters_first") && kernel.rank() > 0 ? kernel.slice(1, kernel.rank()) + Shape{kernel[0]} : kernel;
}
Value keras_order(Value kernel, const Attributes& a) { return a.flag("filters_first") ? filters_last(kernel) : kernel; }

std::vector<TensorType> convolved(Types in, const Attributes& a) {
  const Shape &x = in[0].shape, kernel = keras_order(in[1].shape, a);
  const std::int64_t groups = a.integer("groups");
  if (x.rank() < 3 || kernel.rank() != x.rank())
    shape_error("convolution", fmt::format("an input (N, spatial..., C) and a kernel (spatial..., C/groups, F) are needed, not {} and {}",
                                           x.str(), kernel.str()));
  if (in[0].dtype != in[1].dtype || !is_floating(in[0].dtype))
    shape_error("convolution", fmt::format("input and kernel of one floating dtype are needed, not {} and {}", name_of(in[0].dtype), name_of(in[1].dtype)));
  if (!kernel.is_known()) shape_error("convolution", fmt::format("the kernel {} has an open axis", kernel.str()));
  if (groups < 1 || kernel[-1].value() % groups != 0)
    shape_error("convolution", fmt::format("{} filters do not divide into {} groups", kernel[-1].str(), groups));
  if (!fits(x[-1], kernel[-2] * Dim(groups)))
    shape_error("convolution", fmt::format("the input {} has {} channels; the kernel {} with {} group{} takes {}", x.str(), x[-1].str(),
                                           kernel.str(), groups, groups == 1 ? "" : "s", (kernel[-2] * Dim(groups)).str()));
  return {{in[0].dtype, Shape{x[0]} + window_counts("convolution", x, size_of_kernel(kernel), a) + Shape{kernel[-1]}}};
}

// Inputs dy, kernel; attribute shape of x, whose convolution has the shape of dy.
std::vector<TensorType> transposed(Types in, const Attributes& a) {
  const Shape& shape = a.shape("shape");
  const TensorType x{in[0].dtype, shape};
  const Shape y = convolved(std::vector{x, in[1]}, a)[0].shape;
  if (!fits(y, in[0].shape))
    shape_error("convolution_transpose", fmt::format("a convolution of {} with the kernel {} gives {}, not {}", shape.str(), in[1].shape.str(),
                                                     y.str(), in[0].shape.str()));
  return {x};
}

std::vector<TensorType> stated(Types in, const Attributes& a) { return {{in[0].dtype, a.shape("shape")}}; }

// (..., g*c) as matrices of rows per group: (g, rows, c); one group is a plain matrix.
Value grouped(Value x, std::int64_t groups) {
  const Dim channels = floor_div(x.dim(-1), groups);
  if (groups == 1) return reshape(x, Shape{Dim(-1), channels});
  return transpose(reshape(x, Shape{Dim(-1), groups, channels}), {1, 0, 2});
}

// The inverse of `grouped`.
Value ungrouped(Value x, std::int64_t groups, const Shape& shape) {
  return reshape(groups == 1 ? x : transpose(x, {1, 0, 2}), shape);
}

// The matrices of the kernel's elements, (C/g, F), each as `grouped` has it: (g, C/g, F/g).
std::vector<Value> matrices(Value kernel, std::int64_t groups) {
  const Value flat = reshape(kernel, Shape{Dim(-1), kernel.dim(-2), kernel.dim(-1)});
  std::vector<Value> all;
  for (std::int64_t k = 0; k < flat.dim(0).value(); ++k) all.push_back(grouped(take(flat, 0, k), groups));
  return all;
}

std::vector<Value> convolution_from_primitives(std::span<const Value> in, const Attributes& a) {
  const std::int64_t groups = a.integer("groups");
  const Value x = in[0], kernel = keras_order(in[1], a);
  const Windows windows(x.shape(), size_of_kernel(kernel.shape()), a);
  const Value padded = windows.padded(widened(x), 0);
  const std::vector<Value> w = matrices(widened(kernel), groups);
  Value y;
  for (std::int64_t k = 0; k < windows.elements(); ++k) {
    const Value product = matmul(grouped(windows.element(padded, k), groups), w[static_cast<std::size_t>(k)]);
    y = y ? y + product : product;
  }
  const Shape counts = window_counts("convolution", x.shape(), size_of_kernel(kernel.shape()), a);
  return {cast(ungrouped(y, groups, Shape{x.dim(0)} + counts + Shape{kernel.dim(-1)}), x.dtype())};
}

// Inputs dy, kernel; attribute shape of x.
std::vector<Value> input_gradient_from_primitives(std::span<const Value> in, const Attributes& a) {
  const std::int64_t groups = a.integer("groups");
  const Value dy = in[0], kernel = keras_order(in[1], a);
  const Shape& shape = a.shape("shape");
  const Windows windows(shape, size_of_kernel(kernel.shape()), a);
  const Value rows = grouped(widened(dy), groups);
  const std::vector<Value> w = matrices(widened(kernel), groups);
  const Shape windows_shape = dy.shape().slice(0, dy.rank() - 1) + Shape{shape[-1]};
  Value dx;
  for (std::int64_t k = 0; k < windows.elements(); ++k) {
    const Value product = matmul(rows, w[static_cast<std::size_t>(k)], false, true);
    const Value part = windows.put_back(ungrouped(product, groups, windows_shape), k);
    dx = dx ? dx + part : part;
  }
  return {cast(windows.cropped(dx), dy.dtype())};
}

// Inputs x, dy; attribute shape of the kernel.
std::vector<Value> kernel_gradient_from_primitives(std::span<const Value> in, const Attributes& a) {
  const std::int64_t groups = a.integer("groups");
  const Value x = in[0], dy = in[1];
  const Shape shape = keras_order(a.shape("shape"), a);
  const Windows windows(x.shape(), size_of_kernel(shape), a);
  const Value padded = windows.padded(widened(x), 0);
  const Value rows = grouped(widened(dy), groups);
  std::vector<Value> parts;
  for (std::int64_t k = 0; k < windows.elements(); ++k) {
    const Value product = matmul(grouped(windows.element(padded, k), groups), rows, true);
    parts.push_back(ungrouped(product, groups, Shape{shape[-2], shape[-1]}));
  }
  const Value dw = reshape(stack(parts, 0), shape);
  return {cast(a.flag("filters_first") ? filters_first(dw) : dw, x.dtype())};
}

// The window of `a` without what belongs to one op alone.
Attributes window_of(const Attributes& a) {
  Attributes window{{"strides", a.integers("strides")}, {"dilation", a.integers("dilation")}, {"padding", a.text("padding")},
                    {"groups", a.integer("groups")}};
  if (a.flag("filters_first")) window.set("filters_first", std::int64_t{1});
  return window;
}

Value convolved(Value x, Value kernel, const Attributes& a) { return emit("convolution", {x, kernel}, window_of(a)); }
Value input_gradient(Value dy, Value kernel, const Shape& shape, const Attributes& a) {
  Attributes with_shape = window_of(a);
  with_shape.set("shape", shape);
  return emit("convolution_input_gradient", {dy, kernel}, with_shape);
}
Value kernel_gradient(Value x, Value dy, const Shape& shape, const Attributes& a) {
  Attributes with_shape = window_of(a);
  with_shape.set("shape", shape);
  return emit("convolution_kernel_gradient", {x, dy}, with_shape);
}

const Op rows[] = {
    {.name = "convolution", .kind = OpKind::fused, .infer = convolved,
     .gradient = [](G& g) {
       const Attributes a = g.attributes();
       if (g.wants(0)) g.set(0, input_gradient(g.dy(), g.x(1), g.x(0).shape(), a));
       if (g.wants(1)) g.set(1, kernel_gradient(g.x(0), g.dy(), g.x(1).shape(), a));
     },
     .decompose = convolution_from_primitives},
    {.name = "convolution_input_gradient", .kind = OpKind::fused, .infer = transposed,
     .gradient = [](G& g) {
       const Attributes a = g.attributes();
       if (g.wants(0)) g.set(0, convolved(g.dy(), g.x(1), a));
       if (g.wants(1)) g.set(1, kernel_gradient(g.dy(), g.x(0), g.x(1).shape(), a));
     },
     .decompose = input_gradient_from_primitives, .forward = "convolution"},
    {.name = "convolution_kernel_gradient", .kind = OpKind::fused, .infer = stated,
     .gradient = [](G& g) {
       const Attributes a = g.attributes();
       if (g.wants(0)) g.set(0, input_gradient(g.x(1), g.dy(), g.x(0).shape(), a));
       if (g.wants(1)) g.set(1, convolved(g.x(0), g.dy(), a));
     },
     .decompose = kernel_gradient_from_primitives, .forward = "convolution"},
};

}  // namespace

std::span<const Op> convolution_ops() { return rows; }

Value filters_first(Value kernel) {
  Axes axes(static_cast<std::size_t>(kernel.rank()));
  std::iota(axes.begin() + 1, axes.end(), 0);
  axes[0] = kernel.rank() - 1;
  return transpose(kernel, axes);
}
Value filters_last(Value kernel) {
  Axes axes(static_cast<std::size_t>(kernel.rank()));
  std::iota(axes.begin(), axes.end() - 1, 1);
  return transpose(kernel, axes);
}

Value convolution(Value x, Value kernel, const Window& window, std::int64_t groups) {
  const int spatial = std::max(x.rank() - 2, 0);
  Attributes a = window_attributes("convolution", window, spatial, std::vector<std::int64_t>(static_cast<std::size_t>(spatial), 1));
  a.set("groups", groups);
  return emit("convolution", {x, kernel}, a);
}

Value convolution_transpose(Value x, Value kernel, const std::vector<Dim>& lengths, const Window& window, std::int64_t groups) {
  const std::size_t spatial = static_cast<std::size_t>(std::max(x.rank() - 2, 0));
  if (spatial == 0 || kernel.rank() != x.rank() || lengths.size() != spatial)
    shape_error("convolution_transpose", fmt::format("an input (N, spatial..., F), a kernel (spatial..., C/groups, F) and a length for each "
                                                     "spatial axis are needed, not {}, {} and {}", x.shape().str(), kernel.shape().str(),
                                                     Shape(lengths).str()));
  Attributes a = window_attributes("convolution_transpose", window, static_cast<int>(spatial), std::vector<std::int64_t>(spatial, 1));
  a.set("groups", groups);
  a.set("shape", Shape{x.dim(0)} + Shape(lengths) + Shape{kernel.dim(-2) * Dim(groups)});
  return emit("convolution_input_gradient", {x, kernel}, a);
}

}  // namespace strata
