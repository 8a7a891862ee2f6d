// Matrix products by dnnl_sgemm: at the machine's peak for the shapes of dense layers, forward and gradients.
//
// Its bits (measured, 2.6.3): equal at 1 to 6 threads for two rows or more; from 8 threads on it splits the sum over k in
// some shapes; a single row goes to a gemv that differs at 2. So above 4 threads rows are cut here and every part runs in
// one thread, which leaves the bits of the whole, and a single row has a kernel of its own.
#include <algorithm>

#include <oneapi/dnnl/dnnl.h>

#include "backend/cpu/epilogue.h"
#include "backend/cpu/parallel.h"
#include "backend/cpu/sgemm.h"

namespace strata::cpu {
namespace {

constexpr int threads_of_equal_bits = 4;
constexpr std::int64_t fewest_rows = 16;

// A row by a matrix, in blocks of columns (of rows where b is transposed).
void vector_matrix(const Tiles& tiles, bool transpose_b, std::int64_t n, std::int64_t k, const float* a, const float* b, float beta, float* c) {
  constexpr std::int64_t block = 64;
  parallel((n + block - 1) / block, n * k, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t from = begin * block, to = std::min(end * block, n);
    if (transpose_b) tiles.rows_by_vector(b + from * k, a, to - from, k, beta, c + from);
    else tiles.vector_by_columns(a, b + from, k, to - from, n, beta, c + from);
  });
}

}  // namespace

void sgemm(const Tiles& tiles, bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
           const float* b, float beta, float* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (beta == 0.0f) std::fill_n(c, m * n, 0.0f);
    return;
  }
  if (m == 1) return vector_matrix(tiles, transpose_b, n, k, a, b, beta, c);
  const char ta = transpose_a ? 'T' : 'N', tb = transpose_b ? 'T' : 'N';
  const std::int64_t lda = transpose_a ? m : k, ldb = transpose_b ? k : n;
  const int threads = omp_in_parallel() ? 1 : omp_get_max_threads();
  if (threads <= threads_of_equal_bits) {
    dnnl_sgemm(ta, tb, m, n, k, 1.0f, a, lda, b, ldb, beta, c, n);
    return;
  }
  const std::int64_t parts = std::max<std::int64_t>(m / fewest_rows, 1);
  parallel(parts, m * n * k, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t from = begin * fewest_rows, to = end == parts ? m : end * fewest_rows;
    dnnl_sgemm(ta, tb, to - from, n, k, 1.0f, a + (transpose_a ? from : from * k), lda, b, ldb, beta, c + from * n, n);
  });
}

Answer gemm_onednn(const Region& region, const Machine& machine) {
  const RegionOp& op = region.ops[static_cast<std::size_t>(anchor_of(region))];
  if (!is_float32(op.outputs[0])) return Declined{"it is not float32"};
  auto made = gemm_of(region);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Gemm g = std::get<Gemm>(made);
  const Tiles& tiles = *machine.tiles;
  return with_epilogue(region, machine, "onednn sgemm", 0, [g, &tiles](void* const* inputs, void* output, void*) {
    const auto multiply = [&](std::int64_t i) {
      sgemm(tiles, g.transpose_a, g.transpose_b, g.m, g.n, g.k, in(inputs, 0) + i * g.stride_a, in(inputs, 1) + i * g.stride_b, 0.0f,
            static_cast<float*>(output) + i * g.m * g.n);
    };
    // Few products run one after the other, each on all threads; many run side by side, each on one.
    if (g.batch < 4) for (std::int64_t i = 0; i < g.batch; ++i) multiply(i);
    else parallel(g.batch, g.batch * g.m * g.n * g.k / 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) multiply(i);
    });
  });
}

}  // namespace strata::cpu
