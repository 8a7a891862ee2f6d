#include "backend/cpu/sgemm.h"

#include <algorithm>

#include <oneapi/dnnl/dnnl.h>

#include "backend/cpu/parallel.h"

namespace strata::cpu {

// Above this number of threads the library splits sums in some shapes; up to it, only a single row has other bits.
constexpr int threads_of_equal_bits = 4;
constexpr std::int64_t fewest_rows = 16;

void sgemm(const Tiles& tiles, bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
           const float* b, float beta, float* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (beta == 0.0f) std::fill_n(c, m * n, 0.0f);
    return;
  }
  if (m == 1) {
    if (transpose_b) tiles.rows_by_vector(b, a, n, k, beta, c);
    else tiles.vector_by_columns(a, b, k, n, n, beta, c);
    return;
  }
  const char ta = transpose_a ? 'T' : 'N', tb = transpose_b ? 'T' : 'N';
  const std::int64_t lda = transpose_a ? m : k, ldb = transpose_b ? k : n;
  const int threads = omp_in_parallel() ? 1 : omp_get_max_threads();
  if (threads <= threads_of_equal_bits) {
    dnnl_sgemm(ta, tb, m, n, k, 1.0f, a, lda, b, ldb, beta, c, n);
    return;
  }
  // Parts of the rows, each on one thread: the bits of the whole.
  const std::int64_t parts = std::max<std::int64_t>(m / fewest_rows, 1);
  parallel(parts, m * n * k, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t from = begin * fewest_rows, to = end == parts ? m : end * fewest_rows;
    dnnl_sgemm(ta, tb, to - from, n, k, 1.0f, a + (transpose_a ? from : from * k), lda, b, ldb, beta, c + from * n, n);
  });
}

}  // namespace strata::cpu
