// Matrix products by cuBLASLt, with bias and relu as its own epilogue. Its matrices are column-major: a row-major c = op(a) op(b)
// is its c^T = op(b)^T op(a)^T, which needs no copy and lets the bias run along its rows. The algorithm is that of its own heuristic,
// asked for once, when the kernel is chosen.
#include <fmt/format.h>

#include "backend/bias_sum_relu.h"
#include "backend/cuda/gemm.h"
#include "backend/cuda/launch.h"
#include "backend/cuda/libraries.h"
#include "backend/cuda/maker.h"
#include "backend/cuda/status.h"

namespace strata::cuda {
namespace {

constexpr std::size_t largest_workspace = std::size_t{32} << 20;

struct Types {
  cudaDataType_t element, scale;
  cublasComputeType_t compute;
};
std::optional<Types> types_of(DType t, const Machine& machine) {
  switch (t) {
    case DType::float32: return Types{CUDA_R_32F, CUDA_R_32F, machine.tensor_float32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F};
    case DType::float64: return Types{CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F};
    case DType::bfloat16: return Types{CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    case DType::float16: return Types{CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    default: return std::nullopt;
  }
}

// One product, as cuBLASLt describes it. The opaque structures are values: a call copies them and adds its bias.
class Product {
 public:
  Product(const Gemm& g, const Types& types, const BiasSumRelu& fused) : gemm_(g), types_(types) {
    check(cublasLtMatmulDescInit(&product_, types.compute, types.scale), "describing a product");
    set(CUBLASLT_MATMUL_DESC_TRANSA, g.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, g.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    has_bias_ = fused.bias >= 0;
    if (has_bias_ || fused.relu)
      set(CUBLASLT_MATMUL_DESC_EPILOGUE, has_bias_ && fused.relu ? CUBLASLT_EPILOGUE_RELU_BIAS : has_bias_ ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_RELU);
    if (has_bias_) set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, types.element);
    matrix(left_, g.transpose_b ? g.k : g.n, g.transpose_b ? g.n : g.k, g.ldb(), g.stride_b);
    matrix(right_, g.transpose_a ? g.m : g.k, g.transpose_a ? g.k : g.m, g.lda(), g.stride_a);
    matrix(result_, g.n, g.m, g.n, g.m * g.n);
  }

  // The algorithm for addresses that are multiples of `alignment` bytes; false where there is none.
  bool choose(cublasLtHandle_t library, unsigned alignment, cublasLtMatmulHeuristicResult_t& chosen) {
    cublasLtMatmulPreferenceOpaque_t wish;
    check(cublasLtMatmulPreferenceInit(&wish), "describing a product");
    const auto want = [&](cublasLtMatmulPreferenceAttributes_t name, auto value) {
      check(cublasLtMatmulPreferenceSetAttribute(&wish, name, &value, sizeof value), "describing a product");
    };
    want(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{largest_workspace});
    for (const auto name : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                            CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      want(name, std::uint32_t{alignment});
    cublasLtMatmulDescOpaque_t product = product_;
    // An address that is never read: the heuristic goes by its alignment.
    if (has_bias_) give_bias(product, reinterpret_cast<const void*>(std::uintptr_t{256} + alignment));
    int found = 0;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(library, &product, &left_, &right_, &result_, &result_, &wish, 1, &chosen, &found);
    return status == CUBLAS_STATUS_SUCCESS && found > 0 && chosen.state == CUBLAS_STATUS_SUCCESS;
  }

  void enqueue(cublasLtHandle_t library, const cublasLtMatmulHeuristicResult_t& chosen, const char* a, const char* b, const void* bias, char* c,
               void* workspace, cudaStream_t stream) const {
    cublasLtMatmulDescOpaque_t product = product_;
    cublasLtMatrixLayoutOpaque_t left = left_, right = right_, result = result_;
    if (has_bias_) give_bias(product, bias);
    const float one = 1, zero = 0;
    const double one64 = 1, zero64 = 0;
    const bool is_double = types_.scale == CUDA_R_64F;
    check(cublasLtMatmul(library, &product, is_double ? static_cast<const void*>(&one64) : &one, b, &left, a, &right,
                         is_double ? static_cast<const void*>(&zero64) : &zero, c, &result, c, &result, &chosen.algo, workspace, chosen.workspaceSize, stream),
          "starting a product");
  }

  const Gemm& gemm() const { return gemm_; }

 private:
  static void give_bias(cublasLtMatmulDescOpaque_t& product, const void* bias) {
    check(cublasLtMatmulDescSetAttribute(&product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias), "giving a product its bias");
  }
  template <class T>
  void set(cublasLtMatmulDescAttributes_t name, T value) {
    check(cublasLtMatmulDescSetAttribute(&product_, name, &value, sizeof value), "describing a product");
  }
  void matrix(cublasLtMatrixLayoutOpaque_t& layout, std::int64_t rows, std::int64_t columns, std::int64_t leading, std::int64_t stride) {
    check(cublasLtMatrixLayoutInit(&layout, types_.element, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns), leading), "describing a matrix");
    if (gemm_.batch == 1) return;
    const auto count = static_cast<std::int32_t>(gemm_.batch);
    check(cublasLtMatrixLayoutSetAttribute(&layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count), "describing a matrix");
    check(cublasLtMatrixLayoutSetAttribute(&layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride), "describing a matrix");
  }

  Gemm gemm_;
  Types types_;
  bool has_bias_ = false;
  cublasLtMatmulDescOpaque_t product_;
  cublasLtMatrixLayoutOpaque_t left_, right_, result_;
};

}  // namespace

Answer gemm_cublaslt(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const ArrayType& type = op.outputs[0];
  const auto types = types_of(type.dtype, machine);
  if (!types) return Declined{fmt::format("it multiplies no {}", text_of(type.dtype))};
  const auto fused = bias_sum_relu(region, anchor_of(region));
  if (!fused || fused->sum >= 0) return Declined{"its epilogue is neither a bias nor relu"};
  const Gemm g = gemm_of(region);
  if (g.batch > std::int64_t{1} << 30) return Declined{"it has more matrices than 30 bits count"};
  const bool empty = type.elements() == 0, no_terms = g.k == 0;
  if (no_terms && region.ops.size() > 1) return Declined{"a product of no terms takes no epilogue"};
  if (empty || no_terms)
    return Candidate{.name = "zeros", .prepare = [bytes = type.bytes(), stream = machine.stream] {
      return make_kernel([=](void* const*, void* const* outputs, void*) {
        if (bytes > 0) check(cudaMemsetAsync(outputs[0], 0, bytes, stream), "clearing a product");
      });
    }};
  if (machine.libraries == nullptr) return no_device();

  const cublasLtHandle_t library = machine.libraries->cublaslt();
  Product product(g, *types, *fused);
  // Parameters and their gradients lie side by side, at any multiple of an element.
  constexpr unsigned wide = 16;
  const auto narrow = static_cast<unsigned>(size_of(type.dtype));
  cublasLtMatmulHeuristicResult_t aligned{}, unaligned{};
  if (!product.choose(library, narrow, unaligned)) return Declined{"cuBLASLt has no algorithm for it"};
  if (!product.choose(library, wide, aligned)) aligned = unaligned;

  std::string name = "cublaslt";
  if (fused->bias >= 0) name += " + bias";
  if (fused->relu) name += " + relu";
  if (types->compute == CUBLAS_COMPUTE_32F_FAST_TF32) name += " in tf32";
  const int a = op.inputs[0].index, b = op.inputs[1].index, bias = fused->bias;
  return Candidate{.name = std::move(name), .scratch_bytes = std::max(aligned.workspaceSize, unaligned.workspaceSize), .prepare = [=, stream = machine.stream] {
    return make_kernel([=](void* const* inputs, void* const* outputs, void* scratch) {
      const Gemm& gemm = product.gemm();
      for (std::int64_t i = 0; i < gemm.batches(); ++i) {
        const auto [from_a, from_b] = gemm.begin(i);
        const char* const left = static_cast<const char*>(inputs[a]) + from_a * narrow;
        const char* const right = static_cast<const char*>(inputs[b]) + from_b * narrow;
        char* const result = static_cast<char*>(outputs[0]) + i * gemm.batch * gemm.m * gemm.n * narrow;
        const void* const added = bias >= 0 ? inputs[bias] : nullptr;
        const bool is_wide = is_aligned(left, wide) && is_aligned(right, wide) && is_aligned(result, wide) && is_aligned(added, wide);
        product.enqueue(library, is_wide ? aligned : unaligned, left, right, added, result, scratch, stream);
      }
    });
  }};
}

}  // namespace strata::cuda
