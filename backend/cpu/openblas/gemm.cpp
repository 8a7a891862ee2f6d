// Matrix products by xtensor-blas on OpenBLAS.
#include "backend/cpu/openblas/gemm.h"

#include "backend/cpu/xtensor.h"

extern "C" char* openblas_get_corename();

namespace strata::cpu {
namespace {

// xt::blas::gemm takes whole row-major matrices and copies any other; parts of a matrix go to the layer below it.
template <class T>
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t lda, const T* b,
          std::int64_t ldb, T* c) {
  const auto form = [](bool transpose) { return transpose ? cxxblas::Transpose::Trans : cxxblas::Transpose::NoTrans; };
  const auto index = [](std::int64_t i) { return static_cast<xt::blas_index_t>(i); };
  cxxblas::gemm<xt::blas_index_t>(cxxblas::StorageOrder::RowMajor, form(transpose_a), form(transpose_b), index(m), index(n), index(k), T(1), a,
                                  index(lda), b, index(ldb), T(0), c, index(n));
}

const char* core() { return openblas_get_corename(); }

}  // namespace
}  // namespace strata::cpu

extern "C" __attribute__((visibility("default"))) const strata::cpu::OpenBlas strata_openblas = {
    strata::cpu::gemm<float>, strata::cpu::gemm<double>, strata::cpu::core};
