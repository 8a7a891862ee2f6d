// batch_norm and layer_norm: y = gamma * xhat + beta with xhat = (x - mean) * s, s = 1 / sqrt(variance + epsilon).
//
// With statistics over n elements and g = dy * gamma:  dx = s * (g - mean(g) - xhat * mean(g * xhat)). Statistics are taken
// in float32 where x is float16 or bfloat16. gamma and beta have a dtype of their own.
#include <fmt/format.h>

#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

// x (..., C), gamma (C), beta (C).
void check_operands(std::string_view op, Types in) {
  const Shape& x = in[0].shape;
  if (x.rank() < 1) shape_error(op, "an input of at least one axis is needed, not a scalar");
  for (std::size_t i = 1; i < 3; ++i)
    if (!fits(in[i].shape, Shape{x[-1]}))
      shape_error(op, fmt::format("{} of shape {} does not fit the input {}: ({},) is needed", i == 1 ? "gamma" : "beta", in[i].shape.str(),
                                  x.str(), x[-1].str()));
  for (const TensorType& t : in)
    if (!is_floating(t.dtype)) shape_error(op, fmt::format("operands of a floating dtype are needed, not {}", name_of(t.dtype)));
}

// Outputs: y, mean (C), variance (C), and hidden: s (C).
std::vector<TensorType> batch_normalized(Types in, const Attributes&) {
  check_operands("batch_norm", in);
  const TensorType statistic{accumulation_dtype(in[0].dtype), Shape{in[0].shape[-1]}};
  return {in[0], statistic, statistic, statistic};
}

// Outputs: y, and hidden: mean (...), s (...).
std::vector<TensorType> layer_normalized(Types in, const Attributes&) {
  check_operands("layer_norm", in);
  const TensorType statistic{accumulation_dtype(in[0].dtype), in[0].shape.slice(0, in[0].shape.rank() - 1)};
  return {in[0], statistic, statistic};
}

// dx, dgamma, dbeta from x, gamma, ...
std::vector<TensorType> gradient_types(Types in, const Attributes&) { return {in[0], in[1], in[1]}; }

Axes all_but_last(const Value& x) {
  Axes axes;
  for (int i = 0; i + 1 < x.rank(); ++i) axes.push_back(i);
  return axes;
}

std::vector<Value> batch_norm_from_primitives(std::span<const Value> in, const Attributes& a) {
  const Value x = widened(in[0]), gamma = cast(in[1], x.dtype()), beta = cast(in[2], x.dtype());
  const Axes axes = all_but_last(x);
  const Value m = mean(x, axes), centred = x - m;
  const Value v = mean(square(centred), axes), s = rsqrt(v + a.number("epsilon"));
  return {cast(centred * (s * gamma) + beta, in[0].dtype()), m, v, s};
}

// Inputs x, gamma, mean, s, dy.
std::vector<Value> batch_norm_gradient_from_primitives(std::span<const Value> in, const Attributes&) {
  const Value x = widened(in[0]), gamma = cast(in[1], x.dtype()), s = in[3], dy = widened(in[4]);
  const Axes axes = all_but_last(x);
  const Value xhat = (x - in[2]) * s, n = count(x, axes, x.dtype());
  const Value dgamma = sum(dy * xhat, axes), dbeta = sum(dy, axes);
  const Value dx = gamma * s * (dy - dbeta / n - xhat * (dgamma / n));
  return {cast(dx, in[0].dtype()), cast(dgamma, in[1].dtype()), cast(dbeta, in[1].dtype())};
}

void batch_norm_gradient(G& g) {
  const Value x = g.x(0);
  Value dx;
  if (g.has_dy(0)) {
    const Value d = g.graph().add("batch_norm_gradient", {x, g.x(1), g.y(1), g.y(3), g.dy(0)});
    dx = d;
    g.set(1, output_of(d, 1));
    g.set(2, cast(output_of(d, 2), g.x(2).dtype()));
  }
  // What arrives at the statistics themselves:  d mean / dx = 1/n,  d variance / dx = 2 (x - mean) / n.
  const Value n = g.has_dy(1) || g.has_dy(2) ? count(x, all_but_last(x), g.y(1).dtype()) : Value();
  const auto add = [&](Value d) { dx = dx ? dx + cast(d, x.dtype()) : cast(d, x.dtype()); };
  if (g.has_dy(1)) add(broadcast_to(g.dy(1) / n, x.shape()));
  if (g.has_dy(2)) add((widened(x) - g.y(1)) * (2 * (g.dy(2) / n)));
  if (dx) g.set(0, dx);
}

std::vector<Value> layer_norm_from_primitives(std::span<const Value> in, const Attributes& a) {
  const Value x = widened(in[0]), gamma = cast(in[1], x.dtype()), beta = cast(in[2], x.dtype());
  const Value m = mean(x, Axes{-1}, true), centred = x - m;
  const Value s = rsqrt(mean(square(centred), Axes{-1}, true) + a.number("epsilon"));
  return {cast(centred * s * gamma + beta, in[0].dtype()), squeeze(m, -1), squeeze(s, -1)};
}

// Inputs x, gamma, mean, s, dy.
std::vector<Value> layer_norm_gradient_from_primitives(std::span<const Value> in, const Attributes&) {
  const Value x = widened(in[0]), gamma = cast(in[1], x.dtype()), s = expand_dims(in[3], -1), dy = widened(in[4]);
  const Value xhat = (x - expand_dims(in[2], -1)) * s, d = dy * gamma;
  const Value dx = s * (d - mean(d, Axes{-1}, true) - xhat * mean(d * xhat, Axes{-1}, true));
  const Axes axes = all_but_last(x);
  return {cast(dx, in[0].dtype()), cast(sum(dy * xhat, axes), in[1].dtype()), cast(sum(dy, axes), in[1].dtype())};
}

const Op rows[] = {
    {.name = "batch_norm", .kind = OpKind::fused, .infer = batch_normalized, .gradient = batch_norm_gradient,
     .decompose = batch_norm_from_primitives, .first_hidden = 3},
    {.name = "batch_norm_gradient", .kind = OpKind::fused, .infer = gradient_types,
     .decompose = batch_norm_gradient_from_primitives, .forward = "batch_norm"},
    {.name = "layer_norm", .kind = OpKind::fused, .infer = layer_normalized,
     .gradient = [](G& g) {
       const Value d = g.graph().add("layer_norm_gradient", {g.x(0), g.x(1), g.y(1), g.y(2), g.dy()});
       g.set(0, d);
       g.set(1, output_of(d, 1));
       g.set(2, cast(output_of(d, 2), g.x(2).dtype()));
     },
     .decompose = layer_norm_from_primitives, .first_hidden = 1},
    {.name = "layer_norm_gradient", .kind = OpKind::fused, .infer = gradient_types,
     .decompose = layer_norm_gradient_from_primitives, .forward = "layer_norm"},
};

}  // namespace

std::span<const Op> normalization_ops() { return rows; }

Moments batch_norm(Value x, Value gamma, Value beta, double epsilon) {
  const Value y = emit("batch_norm", {x, gamma, beta}, {{"epsilon", epsilon}});
  return {y, output_of(y, 1), output_of(y, 2)};
}

Value layer_norm(Value x, Value gamma, Value beta, double epsilon) {
  return emit("layer_norm", {x, gamma, beta}, {{"epsilon", epsilon}});
}

}  // namespace strata
