#include "benchmarks/ceilings/product.h"

#include <algorithm>
#include <cstdint>

namespace strata::ceilings {
namespace {

constexpr int most_candidates = 8;

bool has_bias(cublasLtEpilogue_t e) {
  return e == CUBLASLT_EPILOGUE_BIAS || e == CUBLASLT_EPILOGUE_RELU_BIAS || e == CUBLASLT_EPILOGUE_RELU_AUX_BIAS || e == CUBLASLT_EPILOGUE_BGRADA ||
         e == CUBLASLT_EPILOGUE_BGRADB || e == CUBLASLT_EPILOGUE_DRELU_BGRAD;
}
bool has_mask(cublasLtEpilogue_t e) { return e == CUBLASLT_EPILOGUE_RELU_AUX_BIAS || e == CUBLASLT_EPILOGUE_DRELU || e == CUBLASLT_EPILOGUE_DRELU_BGRAD; }

}  // namespace

std::optional<double> product_us(const Product& p) {
  static cublasLtHandle_t library = [] {
    cublasLtHandle_t made = nullptr;
    check(cublasLtCreate(&made), "opening cuBLASLt");
    return made;
  }();
  static Memory workspace(std::size_t{32} << 20);

  const cudaDataType_t type = p.precision == Precision::bf16 ? CUDA_R_16BF : CUDA_R_32F;
  const std::size_t element = p.precision == Precision::bf16 ? 2 : 4;
  const auto area = [&](int rows, int columns) { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns); };
  Memory a(area(p.m, p.k) * element), b(area(p.k, p.n) * element), d(area(p.m, p.n) * element), bias(area(std::max(p.m, p.n), 1) * element);
  const int mask_rows = (p.m + 127) / 128 * 128;  // relu's mask: a bit for each element, columns of a multiple of 128
  Memory mask(area(mask_rows, p.n) / 8);
  unsigned seed = 0;
  for (Memory* memory : {&a, &b, &bias}) fill(*memory, type, ++seed);
  check(cudaMemsetAsync(mask.data(), 0x55, mask.bytes(), stream()), "making a mask");

  cublasLtMatmulDescOpaque_t product;
  check(cublasLtMatmulDescInit(&product, p.precision == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F), "describing a product");
  const auto set = [&](cublasLtMatmulDescAttributes_t name, auto value) {
    check(cublasLtMatmulDescSetAttribute(&product, name, &value, sizeof value), "describing a product");
  };
  set(CUBLASLT_MATMUL_DESC_TRANSA, p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_TRANSB, p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, p.epilogue);
  if (has_bias(p.epilogue)) {
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias.data());
    set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type);
  }
  if (has_mask(p.epilogue)) {
    set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, mask.data());
    set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, std::int64_t{mask_rows});
  }
  const auto layout = [&](int rows, int columns) {
    cublasLtMatrixLayoutOpaque_t made;
    check(cublasLtMatrixLayoutInit(&made, type, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns), rows), "describing a matrix");
    return made;
  };
  auto left = p.transpose_a ? layout(p.k, p.m) : layout(p.m, p.k), right = p.transpose_b ? layout(p.n, p.k) : layout(p.k, p.n), result = layout(p.m, p.n);

  cublasLtMatmulPreferenceOpaque_t wish;
  check(cublasLtMatmulPreferenceInit(&wish), "describing a product");
  const std::uint64_t most = workspace.bytes();
  check(cublasLtMatmulPreferenceSetAttribute(&wish, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most, sizeof most), "describing a product");
  std::vector<cublasLtMatmulHeuristicResult_t> candidates(most_candidates);
  int found = 0;
  const cublasStatus_t status =
      cublasLtMatmulAlgoGetHeuristic(library, &product, &left, &right, &result, &result, &wish, most_candidates, candidates.data(), &found);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || found == 0) return std::nullopt;
  check(status, "asking cuBLASLt for an algorithm");

  const float one = 1, zero = 0;
  std::optional<double> best;
  for (int i = 0; i < found; ++i) {
    const cublasLtMatmulHeuristicResult_t& candidate = candidates[static_cast<std::size_t>(i)];
    if (candidate.state != CUBLAS_STATUS_SUCCESS) continue;
    const double us = least_us([&] {
      check(cublasLtMatmul(library, &product, &one, a.data(), &left, b.data(), &right, &zero, d.data(), &result, d.data(), &result, &candidate.algo,
                           workspace.data(), candidate.workspaceSize, stream()),
            "starting a product");
    });
    best = std::min(best.value_or(us), us);
  }
  return best;
}

}  // namespace strata::ceilings
