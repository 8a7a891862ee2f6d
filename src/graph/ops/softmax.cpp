// softmax, log_softmax and the cross entropies that read logits. All over the last axis; the free functions transpose.
//
// logsumexp(x) = m + log(sum(exp(x - m))) with m = max(x), so that no exponential overflows.
#include <fmt/format.h>

#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

void check_logits(std::string_view op, const TensorType& x) {
  if (x.shape.rank() < 1) shape_error(op, "an input of at least one axis is needed, not a scalar");
  if (!is_floating(x.dtype)) shape_error(op, fmt::format("an input of a floating dtype is needed, not {}", name_of(x.dtype)));
}

std::vector<TensorType> soft(Types in, const Attributes&) {
  check_logits("softmax", in[0]);
  return {in[0]};
}
std::vector<TensorType> same(Types in, const Attributes&) { return {in[0]}; }

// Loss per row, and hidden: logsumexp per row.
std::vector<TensorType> loss_per_row(const TensorType& logits) {
  const Shape rows = logits.shape.slice(0, logits.shape.rank() - 1);
  return {{logits.dtype, rows}, {accumulation_dtype(logits.dtype), rows}};
}

std::vector<TensorType> sparse_loss(Types in, const Attributes&) {
  constexpr std::string_view op = "sparse_softmax_cross_entropy";
  check_logits(op, in[0]);
  const Shape& x = in[0].shape;
  if (!fits(in[1].shape, x.slice(0, x.rank() - 1)))
    shape_error(op, fmt::format("logits {} need labels {}, one class number per row, not {}", x.str(), x.slice(0, x.rank() - 1).str(), in[1].shape.str()));
  if (!is_integer(in[1].dtype)) shape_error(op, fmt::format("labels are class numbers, of an integer dtype, not {}", name_of(in[1].dtype)));
  return loss_per_row(in[0]);
}

void check_targets(std::string_view op, Types in) {
  if (!fits(in[0].shape, in[1].shape))
    shape_error(op, fmt::format("logits {} and targets {} must have one shape", in[0].shape.str(), in[1].shape.str()));
  if (in[0].dtype != in[1].dtype)
    shape_error(op, fmt::format("logits of {} and targets of {} must have one dtype", name_of(in[0].dtype), name_of(in[1].dtype)));
}
std::vector<TensorType> dense_loss(Types in, const Attributes&) {
  check_logits("softmax_cross_entropy", in[0]);
  check_targets("softmax_cross_entropy", in);
  return loss_per_row(in[0]);
}
std::vector<TensorType> binary_loss(Types in, const Attributes&) {
  if (!is_floating(in[0].dtype))
    shape_error("sigmoid_cross_entropy", fmt::format("logits of a floating dtype are needed, not {}", name_of(in[0].dtype)));
  check_targets("sigmoid_cross_entropy", in);
  return {in[0]};
}

Value last_sum(Value x) { return sum(x, Axes{-1}, true); }
Value column(Value rows) { return expand_dims(rows, -1); }
// (..., 1).
Value logsumexp(Value x) {
  const Value m = reduce_max(x, Axes{-1}, true);
  return m + log(last_sum(exp(x - m)));
}

// Labels outside [0, C) count as no class at all: loss 0, gradient 0 (Keras on JAX, whose one-hot row is all zeros there).
Value is_class(Value labels, const Dim& classes) {
  if (classes.is_known()) return logical_and(labels >= 0, labels < Operand(classes.value()));
  return reduce_any(one_hot(labels, classes, DType::boolean), Axes{-1});
}

// Inputs y, dy.  dx = y * (dy - sum(y * dy)).
std::vector<Value> softmax_gradient_from_primitives(std::span<const Value> in, const Attributes&) {
  const Value y = widened(in[0]), dy = widened(in[1]);
  return {cast(y * (dy - last_sum(y * dy)), in[0].dtype())};
}

// Inputs y = log softmax, dy.  dx = dy - exp(y) * sum(dy).
std::vector<Value> log_softmax_gradient_from_primitives(std::span<const Value> in, const Attributes&) {
  const Value y = widened(in[0]), dy = widened(in[1]);
  return {cast(dy - exp(y) * last_sum(dy), in[0].dtype())};
}

const Op rows[] = {
    {.name = "softmax", .kind = OpKind::fused, .infer = soft,
     .gradient = [](G& g) { g.set(0, g.graph().add("softmax_gradient", {g.y(), g.dy()})); },
     .decompose = [](std::span<const Value> in, const Attributes&) -> std::vector<Value> {
       const Value x = widened(in[0]), e = exp(x - reduce_max(x, Axes{-1}, true));
       return {cast(e / last_sum(e), in[0].dtype())};
     }},
    {.name = "softmax_gradient", .kind = OpKind::fused, .infer = same,
     .gradient = [](G& g) {
       const Value y = g.x(0), dy = g.x(1), u = g.dy();
       if (g.wants(0)) g.set(0, u * (dy - last_sum(y * dy)) - dy * last_sum(u * y));
       if (g.wants(1)) g.set(1, g.graph().add("softmax_gradient", {y, u}));
     },
     .decompose = softmax_gradient_from_primitives, .forward = "softmax"},
    {.name = "log_softmax", .kind = OpKind::fused, .infer = soft,
     .gradient = [](G& g) { g.set(0, g.graph().add("log_softmax_gradient", {g.y(), g.dy()})); },
     .decompose = [](std::span<const Value> in, const Attributes&) -> std::vector<Value> {
       const Value x = widened(in[0]), shifted = x - reduce_max(x, Axes{-1}, true);
       return {cast(shifted - log(last_sum(exp(shifted))), in[0].dtype())};
     }},
    {.name = "log_softmax_gradient", .kind = OpKind::fused, .infer = same,
     .gradient = [](G& g) {
       const Value y = g.x(0), dy = g.x(1), u = g.dy(), p = exp(y);
       if (g.wants(0)) g.set(0, -(u * p) * last_sum(dy));
       if (g.wants(1)) g.set(1, u - last_sum(u * p));
     },
     .decompose = log_softmax_gradient_from_primitives, .forward = "log_softmax"},

    {.name = "sparse_softmax_cross_entropy", .kind = OpKind::fused, .infer = sparse_loss,
     .gradient = [](G& g) {
       g.set(0, g.graph().add("sparse_softmax_cross_entropy_gradient", {g.x(0), g.x(1), g.y(1), g.dy()}));
     },
     .decompose = [](std::span<const Value> in, const Attributes&) -> std::vector<Value> {
       const Value x = widened(in[0]), lse = squeeze(logsumexp(x), -1);
       const Value at_label = sum(select(one_hot(in[1], x.dim(-1), DType::boolean), x, 0), Axes{-1});
       return {cast(select(is_class(in[1], x.dim(-1)), lse - at_label, 0), in[0].dtype()), lse};
     },
     .first_hidden = 1},
    // Inputs logits, labels, logsumexp, dloss.  d logits = dloss * (softmax - one_hot).
    {.name = "sparse_softmax_cross_entropy_gradient", .kind = OpKind::fused, .infer = same,
     .decompose = [](std::span<const Value> in, const Attributes&) -> std::vector<Value> {
       const Value x = widened(in[0]), labels = in[1];
       const Value dloss = select(is_class(labels, x.dim(-1)), widened(in[3]), 0);
       const Value p = exp(x - column(in[2]));
       return {cast(column(dloss) * (p - one_hot(labels, x.dim(-1), x.dtype())), in[0].dtype())};
     },
     .forward = "sparse_softmax_cross_entropy"},

    {.name = "softmax_cross_entropy", .kind = OpKind::fused, .infer = dense_loss,
     .gradient = [](G& g) {
       if (g.wants(0)) g.set(0, g.graph().add("softmax_cross_entropy_gradient", {g.x(0), g.x(1), g.y(1), g.dy()}));
       if (g.wants(1)) g.set(1, -(column(g.dy()) * log_softmax(g.x(0))));
     },
     .decompose = [](std::span<const Value> in, const Attributes&) -> std::vector<Value> {
       const Value x = widened(in[0]), lse = logsumexp(x);
       return {cast(sum(widened(in[1]) * (lse - x), Axes{-1}), in[0].dtype()), squeeze(lse, -1)};
     },
     .first_hidden = 1},
    // Inputs logits, targets, logsumexp, dloss.  d logits = dloss * (softmax * sum(targets) - targets).
    {.name = "softmax_cross_entropy_gradient", .kind = OpKind::fused, .infer = same,
     .decompose = [](std::span<const Value> in, const Attributes&) -> std::vector<Value> {
       const Value x = widened(in[0]), targets = widened(in[1]), p = exp(x - column(in[2]));
       return {cast(column(widened(in[3])) * (p * last_sum(targets) - targets), in[0].dtype())};
     },
     .forward = "softmax_cross_entropy"},

    // Elementwise, but a row of its own: the gradient of max(x, 0) - x*z + log1p(exp(-|x|)) taken term by term is wrong at
    // x = 0, where it is 1/2 - z.
    {.name = "sigmoid_cross_entropy", .kind = OpKind::fused, .infer = binary_loss,
     .gradient = [](G& g) {
       if (g.wants(0)) g.set(0, g.dy() * (sigmoid(g.x(0)) - g.x(1)));
       if (g.wants(1)) g.set(1, -(g.dy() * g.x(0)));
     },
     .decompose = [](std::span<const Value> in, const Attributes&) -> std::vector<Value> {
       const Value x = in[0], z = in[1];
       return {relu(x) - x * z + log1p(exp(-absolute(x)))};
     }},
};

Value over_axis(std::string_view op, Value x, int axis) {
  const int a = normalize_axis(axis, x.rank(), op);
  const Value in = is_floating(x.dtype()) ? x : cast(x, DType::float32);
  Axes swapped;
  for (int i = 0; i < x.rank(); ++i) swapped.push_back(i);
  std::swap(swapped[static_cast<std::size_t>(a)], swapped.back());  // its own inverse
  return transpose(emit(op, {transpose(in, swapped)}), swapped);
}

}  // namespace

std::span<const Op> softmax_ops() { return rows; }

Value softmax(Value x, int axis) { return over_axis("softmax", x, axis); }
Value log_softmax(Value x, int axis) { return over_axis("log_softmax", x, axis); }

Value sparse_softmax_cross_entropy(Value logits, Value labels) {
  return emit("sparse_softmax_cross_entropy", {logits, is_integer(labels.dtype()) ? labels : cast(labels, DType::int32)});
}
Value softmax_cross_entropy(Value logits, Value targets) {
  return emit("softmax_cross_entropy", {logits, cast(targets, logits.dtype())});
}
Value sigmoid_cross_entropy(Value logits, Value targets) {
  return emit("sigmoid_cross_entropy", {logits, cast(targets, logits.dtype())});
}

}  // namespace strata
