// attention (Vaswani et al. 2017), for each head:  y = p v  with  p = softmax(x),  x = scale q k^T.
//
// Where a query does not see a key, x is the lowest number: p is 0 there, or, for a query that sees none, the same for
// all keys (as Keras' dot product attention has it). The rows' maxima m and sums l of exp(x - m) are kept, p is not:
//   p = exp(x - m) / l;  dv = p^T dy;  dx = p (dy v^T - sum(dy y)), 0 where unseen;  dq = scale dx k;  dk = scale dx^T q.
#include <fmt/format.h>

#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

constexpr double lowest = -0.7 * 3.4028234663852886e38;  // of float32, with room for a difference

// Inputs: q (..., T, N, H), k (..., S, N, H), v (..., S, N, V), where has_mask is set mask, which broadcasts to (..., N, T, S).
// Outputs: y (..., T, N, V), and hidden: m and l (..., N, T).
std::vector<TensorType> attended(Types in, const Attributes& a) {
  const Shape &q = in[0].shape, &k = in[1].shape, &v = in[2].shape;
  if (q.rank() < 3) shape_error("attention", fmt::format("a query (..., steps, heads, features) is needed, not {}", q.str()));
  const Shape leading = q.slice(0, q.rank() - 3);
  const Dim steps = k.rank() < 3 ? Dim(0) : k[-3];
  if (!fits(k, leading + Shape{steps, q[-2], q[-1]}))
    shape_error("attention", fmt::format("the keys {} do not fit the queries {}: only the steps may differ", k.str(), q.str()));
  if (v.rank() != q.rank() || !fits(v, leading + Shape{steps, q[-2], v[-1]}))
    shape_error("attention", fmt::format("the values {} do not fit the keys {}: only the features may differ", v.str(), k.str()));
  for (std::size_t i = 0; i < 3; ++i)
    if (in[i].dtype != in[0].dtype || !is_floating(in[i].dtype))
      shape_error("attention", fmt::format("queries, keys and values of one floating dtype are needed, not {} and {}", name_of(in[0].dtype),
                                           name_of(in[i].dtype)));
  if (a.flag("has_mask")) {
    const Shape scores = leading + Shape{q[-2], q[-3], steps}, &mask = in[3].shape;
    if (mask.rank() > scores.rank() || !fits(broadcast(mask, scores, "attention"), scores))
      shape_error("attention", fmt::format("the mask {} does not broadcast to the scores {}", mask.str(), scores.str()));
    if (in[3].dtype != DType::boolean) shape_error("attention", fmt::format("the mask is {}, where bool is needed", name_of(in[3].dtype)));
  }
  const TensorType statistic{accumulation_dtype(in[0].dtype), leading + Shape{q[-2], q[-3]}};
  return {{in[0].dtype, leading + Shape{q[-3], q[-2], v[-1]}}, statistic, statistic};
}

// The gradients of q, k and v.
std::vector<TensorType> gradient_types(Types in, const Attributes&) { return {in.begin(), in.begin() + 3}; }

// (..., T, N, H) <-> (..., N, T, H).
Value by_head(Value x) {
  Axes axes;
  for (int i = 0; i < x.rank(); ++i) axes.push_back(i);
  std::swap(axes[axes.size() - 2], axes[axes.size() - 3]);
  return transpose(x, axes);
}
Value column(Value rows) { return expand_dims(rows, -1); }

// Of q and k by head (..., N, T, S). What is masked does not come in here.
struct Scores {
  Value q, k, x, seen;  // seen: which of them count; absent: all
};
Scores scores(std::span<const Value> in, const Attributes& a) {
  Scores s{by_head(widened(in[0])), by_head(widened(in[1])), {}, {}};
  s.x = matmul(s.q, s.k, false, true) * a.number("scale");
  if (a.flag("has_mask")) s.seen = in[3];
  if (a.flag("causal")) {
    const Value past = column(iota(s.x, s.x.dim(-2), DType::int32)) >= iota(s.x, s.x.dim(-1), DType::int32);
    s.seen = s.seen ? logical_and(s.seen, past) : past;
  }
  if (s.seen) s.x = select(s.seen, s.x, lowest);
  return s;
}

std::vector<Value> attention_from_primitives(std::span<const Value> in, const Attributes& a) {
  const Value x = scores(in, a).x, m = reduce_max(x, Axes{-1}), e = exp(x - column(m)), l = sum(e, Axes{-1});
  return {cast(by_head(matmul(e / column(l), by_head(widened(in[2])))), in[0].dtype()), m, l};
}

// Inputs: those of attention, then y, m, l, dy.
std::vector<Value> attention_gradient_from_primitives(std::span<const Value> in, const Attributes& a) {
  const std::size_t own = a.flag("has_mask") ? 4 : 3;
  const Scores s = scores(in, a);
  const Value v = by_head(widened(in[2])), y = by_head(widened(in[own])), dy = by_head(widened(in[own + 3]));
  const Value p = exp(s.x - column(in[own + 1])) / column(in[own + 2]);
  Value dx = p * (matmul(dy, v, false, true) - sum(dy * y, Axes{-1}, true));
  if (s.seen) dx = select(s.seen, dx, 0);
  dx = dx * a.number("scale");
  std::vector<Value> outputs{matmul(dx, s.k), matmul(dx, s.q, true), matmul(p, dy, true)};
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = cast(by_head(outputs[i]), in[i].dtype());
  return outputs;
}

const Op rows[] = {
    {.name = "attention", .kind = OpKind::fused, .infer = attended,
     .gradient = [](G& g) {
       std::vector<Value> operands;
       for (int i = 0; i < g.inputs(); ++i) operands.push_back(g.x(i));
       for (int i = 0; i < 3; ++i) operands.push_back(g.y(i));
       operands.push_back(g.dy());
       const Value d = g.graph().add("attention_gradient", operands, g.attributes());
       for (int i = 0; i < 3; ++i)
         if (g.wants(i)) g.set(i, output_of(d, i));
     },
     .decompose = attention_from_primitives, .first_hidden = 1},
    {.name = "attention_gradient", .kind = OpKind::fused, .infer = gradient_types, .decompose = attention_gradient_from_primitives,
     .forward = "attention"},
};

}  // namespace

std::span<const Op> attention_ops() { return rows; }

Value attention(Value q, Value k, Value v, const AttentionOptions& options) {
  std::vector<Value> operands{q, k, v};
  if (options.mask) operands.push_back(cast(options.mask, DType::boolean));
  return emit("attention", operands, {{"scale", options.scale}, {"causal", std::int64_t{options.causal}},
                                      {"has_mask", std::int64_t{static_cast<bool>(options.mask)}}});
}

}  // namespace strata
