// Matrix products by cuBLASLt, with another matrix added, a bias and relu, with relu's gradient, or with the gradient of a bias along. Its matrices are
// column-major: a row-major d = op(a) op(b) is its d^T = op(b)^T op(a)^T, which needs no copy and lets the bias run along its rows. The
// algorithm is that of its own heuristic, asked for once, when the kernel is chosen; the heuristic's next ones are there for who times them.
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

// What is done along with the product: d = relu(op(a) op(b) + c + bias), where it has a gate also bit by bit whether d > 0; or 0 where a
// gate is shut; or a vector of sums over its terms, of b, which is the left matrix, or of a. Inputs and outputs of the region, by number.
struct Fused {
  std::string name = "cublaslt";
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  int added = -1;  // c
  int bias = -1, sums = -1;  // the vector: an input or an output
  int gate_read = -1, gate_written = -1;
  int result = 0;

  bool has_vector() const { return bias >= 0 || sums >= 0; }
  bool has_gate() const { return gate_read >= 0 || gate_written >= 0; }
};
using Fusion = std::variant<Fused, Declined>;

Fusion with_gate(const Region& region, const Gemm& g) {
  const RegionOp& op = anchor(region);
  if (g.batch > 1 || !g.loops.empty()) return Declined{"a gate is for one product"};
  if (region.ops.size() > 1) return not_alone();
  const int third = op.inputs[2].index;
  if (op.name == "matmul_gated") return Fused{.name = "cublaslt gated", .epilogue = CUBLASLT_EPILOGUE_DRELU, .gate_read = third};
  if (region.outputs.size() != 2) return Declined{"nobody reads its gate"};
  return Fused{.name = "cublaslt + bias + relu + gate", .epilogue = CUBLASLT_EPILOGUE_RELU_AUX_BIAS, .bias = third, .gate_written = 1};
}

Fusion with_epilogue(const Region& region, const Gemm& g) {
  const bool has_sum = end_of_epilogue(region) < static_cast<int>(region.ops.size());
  const auto sum = has_sum ? sum_of_terms(region, g) : std::nullopt;
  if (has_sum && !sum) return Declined{"the sum that goes along is not one over its terms"};
  const auto behind = bias_sum_relu(region, anchor_of(region));
  if (!behind || (sum && (behind->bias >= 0 || behind->relu))) return Declined{"its epilogue is not a bias, a sum and relu, or the gradient of a bias"};
  Fused f{.added = behind->sum, .bias = behind->bias};
  if (sum) {
    f.epilogue = sum->operand == 1 ? CUBLASLT_EPILOGUE_BGRADA : CUBLASLT_EPILOGUE_BGRADB;
    f.sums = sum->output;
    f.result = 1 - sum->output;
  } else if (behind->bias >= 0) {
    f.epilogue = behind->relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
  } else if (behind->relu) {
    f.epilogue = CUBLASLT_EPILOGUE_RELU;
  }
  if (f.added >= 0) f.name += " + sum";
  if (behind->bias >= 0) f.name += " + bias";
  if (behind->relu) f.name += " + relu";
  if (sum) f.name += " + bias gradient";
  return f;
}

// Bits from one row of a gate to the next; cuBLASLt wants a multiple of 128.
std::int64_t gate_row(const Gemm& g) { return (g.n + 127) / 128 * 128; }

// The addresses of one call; c is d where nothing is added.
struct Operands {
  const char *a, *b, *c;
  char* d;
  const void *vector, *gate;  // null where there is none
  bool are_aligned(std::size_t bytes) const {
    return is_aligned(a, bytes) && is_aligned(b, bytes) && is_aligned(c, bytes) && is_aligned(d, bytes) && is_aligned(vector, bytes) && is_aligned(gate, bytes);
  }
};

// One product, as cuBLASLt describes it. The opaque structures are values: a call copies them and adds its vector.
class Product {
 public:
  Product(const Gemm& g, const Types& types, const Fused& fused)
      : gemm_(g), types_(types), adds_(fused.added >= 0), has_vector_(fused.has_vector()), has_gate_(fused.has_gate()) {
    check(cublasLtMatmulDescInit(&product_, types.compute, types.scale), "describing a product");
    set(CUBLASLT_MATMUL_DESC_TRANSA, g.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, g.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, fused.epilogue);
    if (has_vector_) set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, types.element);
    if (has_gate_) set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, gate_row(g));
    matrix(left_, g.transpose_b ? g.k : g.n, g.transpose_b ? g.n : g.k, g.ldb(), g.stride_b);
    matrix(right_, g.transpose_a ? g.m : g.k, g.transpose_a ? g.k : g.m, g.lda(), g.stride_a);
    matrix(result_, g.n, g.m, g.n, g.m * g.n);
    text_ = fmt::format("{}x{}x{} {}{} {} by {},{} of {} in {} with {}", g.m, g.k, g.n, g.transpose_a, g.transpose_b, g.batch, g.stride_a, g.stride_b,
                        static_cast<int>(types.element), static_cast<int>(types.compute), static_cast<int>(fused.epilogue));
  }

  // Algorithms for addresses that are multiples of `alignment` bytes.
  const Libraries::Algorithms& algorithms(Libraries& libraries, unsigned alignment) const {
    return libraries.algorithms(fmt::format("{} to {}", text_, alignment), [&](cublasLtHandle_t library) { return ask(library, alignment); });
  }

  void enqueue(cublasLtHandle_t library, const cublasLtMatmulHeuristicResult_t& chosen, const Operands& at, void* workspace, cudaStream_t stream) const {
    cublasLtMatmulDescOpaque_t product = product_;
    cublasLtMatrixLayoutOpaque_t left = left_, right = right_, result = result_;
    give(product, at.vector, at.gate);
    const float one = 1, beta = adds_ ? 1 : 0;
    const double one64 = one, beta64 = beta;
    const bool is_double = types_.scale == CUDA_R_64F;
    check(cublasLtMatmul(library, &product, is_double ? static_cast<const void*>(&one64) : &one, at.b, &left, at.a, &right,
                         is_double ? static_cast<const void*>(&beta64) : &beta, at.c, &result, at.d, &result, &chosen.algo, workspace, chosen.workspaceSize, stream),
          "starting a product");
  }

  const Gemm& gemm() const { return gemm_; }

 private:
  Libraries::Algorithms ask(cublasLtHandle_t library, unsigned alignment) const {
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
    cublasLtMatrixLayoutOpaque_t left = left_, right = right_, result = result_;
    // Addresses that are never read: the heuristic goes by their alignment. A gate has a place of its own.
    const auto nowhere = [](std::uintptr_t at) { return reinterpret_cast<const void*>(at); };
    give(product, nowhere(std::uintptr_t{256} + alignment), nowhere(256));
    int found = 0;
    Libraries::Algorithms best(gemm_algorithms);
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(library, &product, &left, &right, &result, &result, &wish, gemm_algorithms, best.data(), &found);
    best.resize(status == CUBLAS_STATUS_SUCCESS ? static_cast<std::size_t>(found) : 0);
    std::erase_if(best, [](const cublasLtMatmulHeuristicResult_t& r) { return r.state != CUBLAS_STATUS_SUCCESS; });
    return best;
  }

  void give(cublasLtMatmulDescOpaque_t& product, const void* vector, const void* gate) const {
    if (has_vector_) check(cublasLtMatmulDescSetAttribute(&product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &vector, sizeof vector), "giving a product its bias");
    if (has_gate_) check(cublasLtMatmulDescSetAttribute(&product, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, &gate, sizeof gate), "giving a product its gate");
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
  std::string text_;  // all that the heuristic goes by
  bool adds_, has_vector_, has_gate_;
  cublasLtMatmulDescOpaque_t product_;
  cublasLtMatrixLayoutOpaque_t left_, right_, result_;
};

Answer gemm(const Region& region, const Machine& machine, int rank) {
  const RegionOp& op = anchor(region);
  const ArrayType& type = op.outputs[0];
  const auto types = types_of(type.dtype, machine);
  if (!types) return Declined{fmt::format("it multiplies no {}", text_of(type.dtype))};
  const Gemm g = gemm_of(region);
  Fusion fusion = op.name == "matmul" ? with_epilogue(region, g) : with_gate(region, g);
  if (auto* declined = std::get_if<Declined>(&fusion)) return std::move(*declined);
  const Fused& fused = std::get<Fused>(fusion);
  if (g.batch > std::int64_t{1} << 30) return Declined{"it has more matrices than 30 bits count"};
  const bool empty = type.elements() == 0, no_terms = g.k == 0;
  if (((no_terms || empty) && fused.has_gate()) || (no_terms && region.ops.size() > 1) || (empty && fused.sums >= 0)) return Declined{"without terms or elements it takes nothing along"};
  if ((empty || no_terms) && rank > 0) return Declined{"there is nothing to multiply"};
  if (empty || no_terms)
    return Candidate{.name = "zeros", .prepare = [bytes = type.bytes(), stream = machine.stream] {
      return make_kernel([=](void* const*, void* const* outputs, void*) {
        if (bytes > 0) check(cudaMemsetAsync(outputs[0], 0, bytes, stream), "clearing a product");
      });
    }};
  if (machine.libraries == nullptr) return no_device();

  const Product product(g, *types, fused);
  // Parameters and their gradients lie side by side, at any multiple of an element.
  constexpr unsigned wide = 16;
  const auto narrow = static_cast<unsigned>(size_of(type.dtype)), asked = static_cast<unsigned>(rank);
  const auto& for_any = product.algorithms(*machine.libraries, narrow);
  const auto& for_aligned = product.algorithms(*machine.libraries, wide);
  if (for_any.empty()) return Declined{"cuBLASLt has no algorithm for it"};
  if (rank > 0 && for_aligned.size() <= asked) return Declined{fmt::format("cuBLASLt has {} algorithms for it", for_aligned.size())};
  const cublasLtMatmulHeuristicResult_t unaligned = for_any[0], aligned = for_aligned.empty() ? unaligned : for_aligned[asked];

  std::string name = fused.name;
  if (rank > 0) name += fmt::format(", choice {}", rank + 1);
  if (types->compute == CUBLAS_COMPUTE_32F_FAST_TF32) name += " in tf32";
  const int a = op.inputs[0].index, b = op.inputs[1].index, c = fused.added, d = fused.result;
  Candidate candidate{.name = std::move(name), .scratch_bytes = std::max(aligned.workspaceSize, unaligned.workspaceSize)};
  if (c >= 0 && c != a && c != b) candidate.in_place = {{c, d}};
  if (fused.has_gate()) candidate.pair = "a bit for each element";
  if (fused.gate_written >= 0) candidate.hidden_bytes = {static_cast<std::size_t>(gate_row(g) / 8 * g.m)};
  candidate.prepare = [=, library = machine.libraries->cublaslt(), stream = machine.stream] {
    return make_kernel([=](void* const* inputs, void* const* outputs, void* scratch) {
      const Gemm& gemm = product.gemm();
      for (std::int64_t i = 0; i < gemm.batches(); ++i) {
        const auto [from_a, from_b] = gemm.begin(i);
        const std::int64_t from_d = i * gemm.batch * gemm.m * gemm.n * narrow;
        char* const result = static_cast<char*>(outputs[d]) + from_d;
        const Operands at{.a = static_cast<const char*>(inputs[a]) + from_a * narrow,
                          .b = static_cast<const char*>(inputs[b]) + from_b * narrow,
                          .c = c >= 0 ? static_cast<const char*>(inputs[c]) + from_d : result,
                          .d = result,
                          .vector = fused.bias >= 0 ? inputs[fused.bias] : fused.sums >= 0 ? outputs[fused.sums] : nullptr,
                          .gate = fused.gate_read >= 0 ? inputs[fused.gate_read] : fused.gate_written >= 0 ? outputs[fused.gate_written] : nullptr};
        product.enqueue(library, at.are_aligned(wide) ? aligned : unaligned, at, scratch, stream);
      }
    });
  };
  return candidate;
}

}  // namespace

template <int rank>
Answer gemm_cublaslt(const Region& region, const Machine& machine) { return gemm(region, machine, rank); }
template Answer gemm_cublaslt<0>(const Region&, const Machine&);
template Answer gemm_cublaslt<1>(const Region&, const Machine&);
template Answer gemm_cublaslt<2>(const Region&, const Machine&);
template Answer gemm_cublaslt<3>(const Region&, const Machine&);

}  // namespace strata::cuda
