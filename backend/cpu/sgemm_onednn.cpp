#include "backend/cpu/sgemm.h"

#include <algorithm>

#include <oneapi/dnnl/dnnl.h>

#include "backend/cpu/parallel.h"

namespace strata::cpu {
namespace {

struct Product {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;

  // Rows [0, rows) and columns [0, columns) from where a, b and c point.
  void run(std::int64_t rows, std::int64_t columns, const float* a, const float* b, float beta, float* c) const {
    if (k > 0) {
      dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', rows, columns, k, 1.0f, a, transpose_a ? m : k, b, transpose_b ? k : n,
                 beta, c, n);
    } else if (beta == 0.0f) {
      for (std::int64_t i = 0; i < rows; ++i) std::fill_n(c + i * n, columns, 0.0f);
    }
  }
};

}  // namespace

void sgemm_in_one_thread(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
                         const float* b, float beta, float* c) {
  if (m > 0 && n > 0) Product{transpose_a, transpose_b, m, n, k}.run(m, n, a, b, beta, c);
}

void sgemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b,
           float beta, float* c) {
  if (m == 0 || n == 0) return;
  const Product whole{transpose_a, transpose_b, m, n, k};
  const Bands bands(std::max(m, n), 16);
  parallel(bands.count, m * n * k, [&](std::int64_t begin, std::int64_t end) {
    const OneThread one;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t from = bands.from(i), width = bands.width(i);
      if (n >= m) whole.run(m, width, a, b + (transpose_b ? from * k : from), beta, c + from);
      else whole.run(width, n, a + (transpose_a ? from : from * k), b, beta, c + from * n);
    }
  });
}

}  // namespace strata::cpu
