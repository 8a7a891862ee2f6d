// The reference backend: naive loops that define every primitive, and the oracle of the tests. It takes one operation at
// a time; fused ops run by their decompositions.
//
// Sums (reduce_sum, matmul, scatter_add) of floating elements run in float64 in row-major order and are rounded once;
// sums of integers run in 64 bits and wrap. bfloat16 and float16 are computed as float32 and rounded per operation.
#pragma once

#include <memory>

#include "backend/backend.h"

namespace strata {

std::unique_ptr<Backend> make_reference_backend();

}  // namespace strata
