// Leaves: their type is an attribute.
#include "src/graph/ops/table.h"

namespace strata {
namespace {

std::vector<TensorType> stated(std::span<const TensorType>, const Attributes& a) { return {{a.dtype("dtype"), a.shape("shape")}}; }

const Op rows[] = {
    {.name = "input", .kind = OpKind::leaf, .infer = stated, .differentiable = false},
    {.name = "variable", .kind = OpKind::leaf, .infer = stated, .differentiable = false},
    {.name = "constant", .kind = OpKind::leaf, .infer = stated, .differentiable = false},
};

}  // namespace

std::span<const Op> leaf_ops() { return rows; }

}  // namespace strata
