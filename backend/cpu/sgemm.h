// c = op(a) op(b) + beta c by oneDNN, row-major: one call for the many small products of a recurrence, whose shapes need no
// primitive of their own. The library's bits depend on the number of threads.
#pragma once

#include <cstdint>

namespace strata::cpu {

// In one thread. The caller holds a OneThread.
void sgemm_in_one_thread(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
                         const float* b, float beta, float* c);

// In bands that follow from the shape, each in one thread.
void sgemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b,
           float beta, float* c);

}  // namespace strata::cpu
