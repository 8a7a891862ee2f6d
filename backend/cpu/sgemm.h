// c = op(a) op(b) + beta c by oneDNN, the same bits at any number of threads.
#pragma once

#include "backend/cpu/gemm.h"

namespace strata::cpu {

void sgemm(const Tiles& tiles, bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
           const float* b, float beta, float* c);

}  // namespace strata::cpu
