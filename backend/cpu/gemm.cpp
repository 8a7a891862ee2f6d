#include "backend/cpu/gemm.h"

namespace strata::cpu {

std::variant<Gemm, Declined> gemm_of(const Region& region) {
  const RegionOp& op = anchor(region);
  const ArrayType &a = region.type(op.inputs[0]), &b = region.type(op.inputs[1]);
  const bool ta = op.attributes->flag("transpose_a"), tb = op.attributes->flag("transpose_b");
  Gemm g{.batch = 1, .m = a.dim(ta ? -1 : -2), .n = b.dim(tb ? -2 : -1), .k = a.dim(ta ? -2 : -1), .transpose_a = ta,
         .transpose_b = tb, .stride_a = 0, .stride_b = 0};
  const std::int64_t batch_a = product(a, 0, a.rank() - 2), batch_b = product(b, 0, b.rank() - 2);
  const std::int64_t batch = product(op.outputs[0], 0, op.outputs[0].rank() - 2);
  if (batch_b == 1 && !ta) {  // the leading axes of a are rows
    g.m = a.elements() / std::max<std::int64_t>(g.k, 1);
    return g;
  }
  if ((batch_a != batch && batch_a != 1) || (batch_b != batch && batch_b != 1)) return Declined{"its leading axes broadcast"};
  g.batch = batch;
  g.stride_a = batch_a == 1 ? 0 : g.m * g.k;
  g.stride_b = batch_b == 1 ? 0 : g.k * g.n;
  return g;
}

}  // namespace strata::cpu
