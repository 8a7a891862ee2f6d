// Matrix products by oneDNN. dnnl_sgemm gives the same bits at any number of threads (tests/cpu).
#include <algorithm>

#include <oneapi/dnnl/dnnl.h>

#include "backend/cpu/epilogue.h"
#include "backend/cpu/gemm.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {

Answer gemm_onednn(const Region& region, const Machine& machine) {
  const RegionOp& op = region.ops[static_cast<std::size_t>(anchor_of(region))];
  if (!is_float32(op.outputs[0])) return Declined{"it is not float32"};
  auto made = gemm_of(region);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Gemm g = std::get<Gemm>(made);
  const auto multiply = [g](const float* a, const float* b, float* c) {
    dnnl_sgemm(g.transpose_a ? 'T' : 'N', g.transpose_b ? 'T' : 'N', g.m, g.n, g.k, 1.0f, a, g.lda(), b, g.ldb(), 0.0f, c, g.n);
  };
  return with_epilogue(region, machine, "onednn sgemm", 0, [g, multiply](void* const* inputs, void* output, void*) {
    const float *a = in(inputs, 0), *b = in(inputs, 1);
    float* c = static_cast<float*>(output);
    if (g.k == 0) return void(std::fill_n(c, g.batch * g.m * g.n, 0.0f));
    if (g.batch * g.m * g.n == 0) return;
    // Inside a parallel region oneDNN works on the calling thread alone.
    if (g.batch < 4) for (std::int64_t i = 0; i < g.batch; ++i) multiply(a + i * g.stride_a, b + i * g.stride_b, c + i * g.m * g.n);
    else parallel(g.batch, g.batch * g.m * g.n * g.k / 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) multiply(a + i * g.stride_a, b + i * g.stride_b, c + i * g.m * g.n);
    });
  });
}

}  // namespace strata::cpu
