// c = op(a) op(b) + beta c by oneDNN, row-major: one call for the many small products of a recurrence, whose shapes need no
// primitive of their own.
#pragma once

#include "backend/cpu/maker.h"

namespace strata::cpu {

void sgemm(const Tiles& tiles, bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
           const float* b, float beta, float* c);

}  // namespace strata::cpu
