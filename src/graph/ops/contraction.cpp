// matmul: c[..., m, n] = sum over k of a[..., m, k] * b[..., k, n]; and two that the compiler makes of a relu between two of them.
#include <fmt/format.h>

#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using G = GradientContext;

std::vector<TensorType> product(std::span<const TensorType> in, const Attributes& attributes) {
  const Shape &a = in[0].shape, &b = in[1].shape;
  if (a.rank() < 2 || b.rank() < 2)
    shape_error("matmul", fmt::format("operands of at least two axes are needed, not {} and {}", a.str(), b.str()));
  const bool ta = attributes.flag("transpose_a"), tb = attributes.flag("transpose_b");
  const Dim &m = a[ta ? -1 : -2], &k = a[ta ? -2 : -1], &k2 = b[tb ? -1 : -2], &n = b[tb ? -2 : -1];
  if (k != k2 && k.is_known() && k2.is_known())
    shape_error("matmul", fmt::format("the shapes {} and {} do not fit: {} columns meet {} rows", a.str(), b.str(), k.str(), k2.str()));
  return {{in[0].dtype, broadcast(a.slice(0, a.rank() - 2), b.slice(0, b.rank() - 2), "matmul") + Shape{m, n}}};
}

// (..., m, k) as one matrix of rows.
Value rows_of(Value x) { return reshape(x, Shape{Dim(-1), x.dim(-1)}); }

// y = relu(op(a) op(b) + bias), and hidden: where y is above 0, through which a gradient passes.
std::vector<TensorType> product_relu(std::span<const TensorType> in, const Attributes& attributes) {
  const TensorType y = product(in.first(2), attributes)[0];
  if (!fits(in[2].shape, Shape{y.shape[-1]})) shape_error("matmul_relu", fmt::format("a bias of shape {} does not fit {}", in[2].shape.str(), y.shape.str()));
  return {y, {DType::boolean, y.shape}};
}
std::vector<Value> product_relu_from_primitives(std::span<const Value> in, const Attributes& attributes) {
  const Value y = relu(matmul(in[0], in[1], attributes.flag("transpose_a"), attributes.flag("transpose_b")) + in[2]);
  return {y, y > 0};
}

// op(a) op(b) where the gate is open, 0 elsewhere.
std::vector<TensorType> gated_product(std::span<const TensorType> in, const Attributes& attributes) {
  const TensorType y = product(in.first(2), attributes)[0];
  if (!fits(in[2].shape, y.shape)) shape_error("matmul_gated", fmt::format("a gate of shape {} does not fit {}", in[2].shape.str(), y.shape.str()));
  return {y};
}
std::vector<Value> gated_product_from_primitives(std::span<const Value> in, const Attributes& attributes) {
  return {select(in[2], matmul(in[0], in[1], attributes.flag("transpose_a"), attributes.flag("transpose_b")), 0)};
}

// With C = op(A) op(B):  op(A)' = dC op(B)^T,  op(B)' = op(A)^T dC; a transposed operand takes the transposed product.
const Op rows[] = {
    {.name = "matmul", .kind = OpKind::primitive, .infer = product,
     .gradient = [](G& g) {
       const Attributes attributes = g.attributes();
       const bool ta = attributes.flag("transpose_a"), tb = attributes.flag("transpose_b");
       const Value a = g.x(0), b = g.x(1), dc = g.dy();
       if (g.wants(0)) g.set(0, ta ? matmul(b, dc, tb, true) : matmul(dc, b, false, !tb));
       if (!g.wants(1)) return;
       if (b.rank() == 2 && a.rank() > 2 && !ta)  // the leading axes of a are rows: one product sums over them
         g.set(1, tb ? matmul(rows_of(dc), rows_of(a), true) : matmul(rows_of(a), rows_of(dc), true));
       else
         g.set(1, tb ? matmul(dc, a, true, ta) : matmul(a, dc, !ta));
     }},
    {.name = "matmul_relu", .kind = OpKind::fused, .infer = product_relu, .decompose = product_relu_from_primitives, .first_hidden = 1},
    {.name = "matmul_gated", .kind = OpKind::fused, .infer = gated_product, .decompose = gated_product_from_primitives, .forward = "matmul_relu"},
};

}  // namespace

std::span<const Op> contraction_ops() { return rows; }

Value matmul(Value a, Value b, bool transpose_a, bool transpose_b) {
  return emit("matmul", {a, b}, {{"transpose_a", std::int64_t{transpose_a}}, {"transpose_b", std::int64_t{transpose_b}}});
}

}  // namespace strata
