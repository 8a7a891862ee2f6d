#include "backend/cuda/gemm.h"

#include "backend/cuda/reduction_axes.h"

namespace strata::cuda {

Gemm gemm_of(const Region& region) {
  const RegionOp& op = anchor(region);
  const ArrayType &a = region.type(op.inputs[0]), &b = region.type(op.inputs[1]), &c = op.outputs[0];
  const bool ta = op.attributes->flag("transpose_a"), tb = op.attributes->flag("transpose_b");
  Gemm g{.m = a.dim(ta ? -1 : -2), .n = b.dim(tb ? -2 : -1), .k = a.dim(ta ? -2 : -1), .transpose_a = ta, .transpose_b = tb};
  if (product(b, 0, b.rank() - 2) == 1 && !ta) {  // the leading axes of a are rows
    g.m = product(c, 0, c.rank() - 1);
    return g;
  }
  // Axes of c before the matrices, from the innermost; neighbours joined where both operands go on evenly.
  std::int64_t step_a = g.m * g.k, step_b = g.k * g.n;
  for (int i = c.rank() - 3; i >= 0; --i) {
    const int ia = i - (c.rank() - a.rank()), ib = i - (c.rank() - b.rank());
    const std::int64_t own_a = ia >= 0 ? a.dims[static_cast<std::size_t>(ia)] : 1, own_b = ib >= 0 ? b.dims[static_cast<std::size_t>(ib)] : 1;
    const Gemm::Loop axis{c.dims[static_cast<std::size_t>(i)], own_a == 1 ? 0 : step_a, own_b == 1 ? 0 : step_b};
    step_a *= own_a;
    step_b *= own_b;
    if (axis.size == 1) continue;
    if (!g.loops.empty() && g.loops.front().a * g.loops.front().size == axis.a && g.loops.front().b * g.loops.front().size == axis.b)
      g.loops.front().size *= axis.size;
    else g.loops.insert(g.loops.begin(), axis);
  }
  if (!g.loops.empty()) {
    g.batch = g.loops.back().size;
    g.stride_a = g.loops.back().a;
    g.stride_b = g.loops.back().b;
    g.loops.pop_back();
  }
  return g;
}

std::optional<SumOfTerms> sum_of_terms(const Region& region, const Gemm& g) {
  const RegionOp& sum = region.ops.back();
  if (sum.name != "reduce_sum" || g.batch != 1 || !g.loops.empty()) return std::nullopt;
  Source x = sum.inputs[0];
  int behind = end_of_epilogue(region);
  if (x.op == behind && region.ops[static_cast<std::size_t>(behind)].name == "reshape") x = region.ops[static_cast<std::size_t>(behind++)].inputs[0];
  if (x.op >= 0 || behind + 1 != static_cast<int>(region.ops.size())) return std::nullopt;
  const auto axes = reduction_axes(region.type(sum.inputs[0]), sum.attributes->integers("axes"));
  if (!axes || axes->reduced.count != g.k || axes->reduced.rank > 1) return std::nullopt;
  for (const int operand : {0, 1}) {
    const std::int64_t sums = operand == 0 ? g.m : g.n;
    const bool terms_are_rows = operand == 0 ? g.transpose_a : !g.transpose_b;
    if (anchor(region).inputs[static_cast<std::size_t>(operand)] != x || axes->kept.count != sums) continue;
    if (axes->reduced.rank == 1 && axes->reduced.stride[0] != (terms_are_rows ? sums : 1)) continue;
    for (std::size_t i = 0; i < region.outputs.size(); ++i)
      if (region.outputs[i].op == behind) return SumOfTerms{operand, static_cast<int>(i)};
  }
  return std::nullopt;
}

}  // namespace strata::cuda
