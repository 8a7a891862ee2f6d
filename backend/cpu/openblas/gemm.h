// What libstrata-cpu-openblas.so exports under the name "strata_openblas".
#pragma once

#include <cstdint>

namespace strata::cpu {

struct OpenBlas {
  // c (m, n) = op(a) op(b), row-major, in the calling thread's own share of a parallel region.
  void (*sgemm)(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t lda,
                const float* b, std::int64_t ldb, float* c);
  void (*dgemm)(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const double* a, std::int64_t lda,
                const double* b, std::int64_t ldb, double* c);
  const char* (*core)();  // the kernels that OpenBLAS chose
};

}  // namespace strata::cpu
