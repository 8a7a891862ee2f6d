// Matrix products by OpenBLAS, where oneDNN is not, and in float64. The library lies beside this one and is opened when it
// is first needed: Debian's OpenBLAS 0.3.21 takes SSE3 kernels on processors that it does not know, five times slower,
// unless OPENBLAS_CORETYPE is set before it loads.
#include <cstdlib>
#include <filesystem>

#include <dlfcn.h>

#include "backend/cpu/epilogue.h"
#include "backend/cpu/gemm.h"
#include "backend/cpu/openblas/gemm.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {
namespace {

const char* core_type() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bf16")) return "COOPERLAKE";
  if (__builtin_cpu_supports("avx512vl")) return "SKYLAKEX";
  if (__builtin_cpu_supports("avx2")) return "HASWELL";
  return nullptr;
}

// Null where it is not installed.
const OpenBlas* openblas() {
  static const OpenBlas* const blas = []() -> const OpenBlas* {
    if (const char* core = core_type()) setenv("OPENBLAS_CORETYPE", core, 0);
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(&core_type), &info) == 0) return nullptr;
    const auto path = std::filesystem::path(info.dli_fname).parent_path() / "libstrata-cpu-openblas.so";
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    return library == nullptr ? nullptr : static_cast<const OpenBlas*>(dlsym(library, "strata_openblas"));
  }();
  return blas;
}

// Blocks of rows, which follow from the shape alone, each by one thread.
template <class T, class F>
void multiply(const Gemm& g, const T* a, const T* b, T* c, F gemm) {
  constexpr std::int64_t rows = 64;
  const std::int64_t parts = (g.m + rows - 1) / rows;
  const auto part = [&](std::int64_t i) {
    const std::int64_t batch = i / parts, from = i % parts * rows, count = std::min(rows, g.m - from);
    gemm(g.transpose_a, g.transpose_b, count, g.n, g.k, a + batch * g.stride_a + (g.transpose_a ? from : from * g.k), g.lda(),
         b + batch * g.stride_b, g.ldb(), c + (batch * g.m + from) * g.n);
  };
  const std::int64_t units = g.batch * parts;
  const int threads = static_cast<int>(std::min<std::int64_t>(omp_get_max_threads(), units));
#pragma omp parallel num_threads(std::max(threads, 1))
  {
    flush_subnormals();
    const OneThread one;
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < units; ++i) part(i);
  }
}

}  // namespace

Answer gemm_blas(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const DType t = op.outputs[0].dtype;
  if (t != DType::float32 && t != DType::float64) return Declined{"it is not float32 or float64"};
  auto made = gemm_of(region);
  if (auto* declined = std::get_if<Declined>(&made)) return *declined;
  const Gemm g = std::get<Gemm>(made);
  if (g.batch * g.m * g.n * g.k == 0) return Declined{"it has no elements"};
  const OpenBlas* blas = openblas();
  if (blas == nullptr) return Declined{"libstrata-cpu-openblas.so does not load (Debian: libopenblas0-openmp)"};
  return with_epilogue(region, machine, "openblas gemm", 0, [g, t, blas](void* const* inputs, void* output, void*) {
    if (t == DType::float32) multiply(g, in(inputs, 0), in(inputs, 1), static_cast<float*>(output), blas->sgemm);
    else multiply(g, in<double>(inputs, 0), in<double>(inputs, 1), static_cast<double*>(output), blas->dgemm);
  });
}

}  // namespace strata::cpu
