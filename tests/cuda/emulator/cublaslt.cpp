// cuBLASLt as its documentation has it: D = epilogue(alpha op(A) op(B) + beta C) on column-major matrices, in batches.
#include <algorithm>
#include <cstring>
#include <vector>

#include <cublasLt.h>

#include "tests/cuda/emulator/device.h"
#include "tests/cuda/emulator/elements.h"

namespace strata::emulator {
namespace {

// What is written into the opaque structures.
struct Layout {
  std::int64_t rows, columns, leading, stride;
  cudaDataType_t type;
  std::int32_t batch;
};
struct Product {
  void *bias, *gate;
  std::int64_t bias_stride, gate_leading;  // bits from one column to the next
  cublasComputeType_t compute;
  cudaDataType_t scale, bias_type;
  cublasOperation_t transpose_a, transpose_b;
  std::uint32_t epilogue;
  bool has_bias_type;
};
struct Wish {
  std::uint64_t workspace;
  std::uint32_t alignment[4];  // of A, B, C, D
};
struct Algorithm {
  std::uint32_t alignment[4], bias_alignment;
};
static_assert(sizeof(Layout) <= sizeof(cublasLtMatrixLayoutOpaque_t) && sizeof(Product) <= sizeof(cublasLtMatmulDescOpaque_t) &&
              sizeof(Wish) <= sizeof(cublasLtMatmulPreferenceOpaque_t) && sizeof(Algorithm) <= sizeof(cublasLtMatmulAlgo_t));

template <class T, class Opaque>
T get(const Opaque* opaque) {
  T value;
  std::memcpy(static_cast<void*>(&value), opaque, sizeof value);
  return value;
}
template <class T, class Opaque>
void put(Opaque* opaque, const T& value) { std::memcpy(opaque, static_cast<const void*>(&value), sizeof value); }
template <class T>
bool take(T& to, const void* from, std::size_t bytes) {
  if (bytes != sizeof to) return false;
  std::memcpy(&to, from, bytes);
  return true;
}

constexpr std::size_t workspace_bytes = 256;
constexpr std::uint32_t relu = CUBLASLT_EPILOGUE_RELU, bias = CUBLASLT_EPILOGUE_BIAS, drelu = CUBLASLT_EPILOGUE_DRELU;
bool uses_bias(std::uint32_t epilogue) {
  return (epilogue & bias) != 0 || epilogue == CUBLASLT_EPILOGUE_BGRADA || epilogue == CUBLASLT_EPILOGUE_BGRADB;
}
bool uses_gate(std::uint32_t epilogue) { return epilogue == CUBLASLT_EPILOGUE_RELU_AUX_BIAS || epilogue == drelu; }

bool is_known(std::uint32_t epilogue) {
  switch (epilogue) {
    case CUBLASLT_EPILOGUE_DEFAULT: case CUBLASLT_EPILOGUE_RELU: case CUBLASLT_EPILOGUE_BIAS: case CUBLASLT_EPILOGUE_RELU_BIAS:
    case CUBLASLT_EPILOGUE_BGRADA: case CUBLASLT_EPILOGUE_BGRADB: case CUBLASLT_EPILOGUE_RELU_AUX_BIAS: case CUBLASLT_EPILOGUE_DRELU: return true;
    default: return false;
  }
}

// op(A): m x k, op(B): k x n, C and D: m x n, all the same many.
bool fit(const Product& p, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
  const bool ta = p.transpose_a != CUBLAS_OP_N, tb = p.transpose_b != CUBLAS_OP_N;
  const std::int64_t m = ta ? a.columns : a.rows, k = ta ? a.rows : a.columns;
  for (const Layout* l : {&a, &b, &c, &d})
    if (l->leading < l->rows || l->batch != d.batch || l->type != d.type) return false;
  if (uses_gate(p.epilogue) && (d.batch > 1 || p.gate_leading < d.rows || p.gate_leading % 128 != 0)) return false;
  return (tb ? b.columns : b.rows) == k && d.rows == m && d.columns == (tb ? b.rows : b.columns) && c.rows == d.rows && c.columns == d.columns;
}

struct Call {
  Product product;
  Layout a, b, c, d;
  double alpha, beta;
  const void *at_a, *at_b, *at_c;
  void *at_d, *workspace;

  void operator()() const {
    std::memset(workspace, 0x55, workspace_bytes);
    for (std::int32_t i = 0; i < d.batch; ++i) multiply(i);
  }

 private:
  static double element(const Layout& l, const void* data, std::int32_t batch, std::int64_t row, std::int64_t column) {
    return read(element_of(l.type), data, batch * l.stride + column * l.leading + row);
  }
  double operand(const Layout& l, const void* data, bool transposed, std::int32_t batch, std::int64_t row, std::int64_t column) const {
    const double x = transposed ? element(l, data, batch, column, row) : element(l, data, batch, row, column);
    return product.compute == CUBLAS_COMPUTE_32F_FAST_TF32 ? in_tf32(x) : x;
  }

  void multiply(std::int32_t batch) const {
    const bool ta = product.transpose_a != CUBLAS_OP_N, tb = product.transpose_b != CUBLAS_OP_N;
    const std::int64_t m = d.rows, n = d.columns, k = ta ? a.rows : a.columns;
    const std::uint32_t e = product.epilogue;
    const Element type = element_of(d.type), of_bias = product.has_bias_type ? element_of(product.bias_type) : type;
    std::vector<double> left(static_cast<std::size_t>(m * k)), right(static_cast<std::size_t>(k * n)), made(static_cast<std::size_t>(m * n));
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t r = 0; r < k; ++r) left[static_cast<std::size_t>(i * k + r)] = operand(a, at_a, ta, batch, i, r);
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t r = 0; r < k; ++r) right[static_cast<std::size_t>(j * k + r)] = operand(b, at_b, tb, batch, r, j);
    auto* const gate = static_cast<unsigned char*>(product.gate);
    const auto bias_at = [&](std::int64_t i) { return batch * product.bias_stride + i; };
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < m; ++i) {
        double sum = 0;
        const double *const x = &left[static_cast<std::size_t>(i * k)], *const y = &right[static_cast<std::size_t>(j * k)];
        for (std::int64_t r = 0; r < k; ++r) sum += x[r] * y[r];
        sum *= alpha;
        if (beta != 0) sum += beta * element(c, at_c, batch, i, j);
        if ((e & bias) != 0) sum += read(of_bias, product.bias, bias_at(i));
        if (e == drelu || (e & relu) != 0) {
          const std::int64_t bit = j * product.gate_leading + i;
          const auto mask = static_cast<unsigned char>(1u << bit % 8);
          if (e == CUBLASLT_EPILOGUE_RELU_AUX_BIAS) gate[bit / 8] = static_cast<unsigned char>(sum > 0 ? gate[bit / 8] | mask : gate[bit / 8] & ~mask);
          if (e == drelu ? (gate[bit / 8] & mask) == 0 : sum < 0) sum = 0;  // a NaN stays
        }
        made[static_cast<std::size_t>(j * m + i)] = sum;
      }
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t i = 0; i < m; ++i) write(type, at_d, batch * d.stride + j * d.leading + i, made[static_cast<std::size_t>(j * m + i)]);
    const auto give = [&](std::int64_t length, auto term, std::int64_t terms) {
      for (std::int64_t i = 0; i < length; ++i) {
        double sum = 0;
        for (std::int64_t r = 0; r < terms; ++r) sum += term(i, r);
        write(of_bias, product.bias, bias_at(i), sum);
      }
    };
    if (e == CUBLASLT_EPILOGUE_BGRADA) give(m, [&](std::int64_t i, std::int64_t r) { return left[static_cast<std::size_t>(i * k + r)]; }, k);
    if (e == CUBLASLT_EPILOGUE_BGRADB) give(n, [&](std::int64_t j, std::int64_t r) { return right[static_cast<std::size_t>(j * k + r)]; }, k);
  }
};

bool is_multiple(const void* address, std::uint32_t of) { return of == 0 || reinterpret_cast<std::uintptr_t>(address) % of == 0; }
// The largest power of two that divides an address, 256 at most.
std::uint32_t alignment_of(const void* address) {
  std::uint32_t n = 256;
  while (!is_multiple(address, n)) n /= 2;
  return n;
}

}  // namespace
}  // namespace strata::emulator

using namespace strata::emulator;

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) { return *handle = reinterpret_cast<cublasLtHandle_t>(new int), CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) { return delete reinterpret_cast<int*>(handle), CUBLAS_STATUS_SUCCESS; }
const char* cublasLtGetStatusName(cublasStatus_t) { return "CUBLAS_STATUS"; }
const char* cublasLtGetStatusString(cublasStatus_t) { return "error"; }

cublasStatus_t cublasLtMatmulDescInit_internal(cublasLtMatmulDesc_t product, std::size_t, cublasComputeType_t compute, cudaDataType_t scale) {
  put(product, Product{.bias = nullptr, .gate = nullptr, .bias_stride = 0, .gate_leading = 0, .compute = compute, .scale = scale, .bias_type = scale,
                       .transpose_a = CUBLAS_OP_N, .transpose_b = CUBLAS_OP_N, .epilogue = CUBLASLT_EPILOGUE_DEFAULT, .has_bias_type = false});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t product, cublasLtMatmulDescAttributes_t name, const void* value, std::size_t bytes) {
  Product p = get<Product>(product);
  bool taken = false;
  switch (name) {
    case CUBLASLT_MATMUL_DESC_TRANSA: taken = take(p.transpose_a, value, bytes); break;
    case CUBLASLT_MATMUL_DESC_TRANSB: taken = take(p.transpose_b, value, bytes); break;
    case CUBLASLT_MATMUL_DESC_EPILOGUE: taken = take(p.epilogue, value, bytes) && is_known(p.epilogue); break;
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: taken = take(p.bias, value, bytes); break;
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER: taken = take(p.gate, value, bytes); break;
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD: taken = take(p.gate_leading, value, bytes); break;
    case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE: taken = take(p.bias_stride, value, bytes); break;
    case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE: taken = p.has_bias_type = take(p.bias_type, value, bytes); break;
    default: break;
  }
  put(product, p);
  return taken ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatrixLayoutInit_internal(cublasLtMatrixLayout_t layout, std::size_t, cudaDataType type, std::uint64_t rows, std::uint64_t columns, std::int64_t leading) {
  put(layout, Layout{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns), leading, 0, type, 1});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t name, const void* value, std::size_t bytes) {
  Layout l = get<Layout>(layout);
  bool taken = false;
  switch (name) {
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: taken = take(l.batch, value, bytes); break;
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: taken = take(l.stride, value, bytes); break;
    default: break;
  }
  put(layout, l);
  return taken ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatmulPreferenceInit_internal(cublasLtMatmulPreference_t wish, std::size_t) {
  put(wish, Wish{0, {256, 256, 256, 256}});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t wish, cublasLtMatmulPreferenceAttributes_t name, const void* value, std::size_t bytes) {
  Wish w = get<Wish>(wish);
  bool taken = false;
  switch (name) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: taken = take(w.workspace, value, bytes); break;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES: taken = take(w.alignment[0], value, bytes); break;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES: taken = take(w.alignment[1], value, bytes); break;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES: taken = take(w.alignment[2], value, bytes); break;
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES: taken = take(w.alignment[3], value, bytes); break;
    default: break;
  }
  put(wish, w);
  return taken ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

// The two algorithms that there are ask for the alignment that was promised.
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t product, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t wish, int most, cublasLtMatmulHeuristicResult_t* results, int* found) {
  *found = 0;
  const Product p = get<Product>(product);
  const Wish w = get<Wish>(wish);
  if (!fit(p, get<Layout>(a), get<Layout>(b), get<Layout>(c), get<Layout>(d)) || w.workspace < workspace_bytes) return CUBLAS_STATUS_NOT_SUPPORTED;
  Algorithm algorithm{};
  std::memcpy(algorithm.alignment, w.alignment, sizeof w.alignment);
  algorithm.bias_alignment = alignment_of(p.bias);
  for (; *found < std::min(most, 2); ++*found) {
    results[*found] = {};
    put(&results[*found].algo, algorithm);
    results[*found].workspaceSize = workspace_bytes;
    results[*found].state = CUBLAS_STATUS_SUCCESS;
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t product, const void* alpha, const void* a, cublasLtMatrixLayout_t of_a, const void* b,
                              cublasLtMatrixLayout_t of_b, const void* beta, const void* c, cublasLtMatrixLayout_t of_c, void* d, cublasLtMatrixLayout_t of_d,
                              const cublasLtMatmulAlgo_t* algo, void* workspace, std::size_t bytes, cudaStream_t stream) {
  const Product p = get<Product>(product);
  const auto scalar = [&](const void* x) { return p.scale == CUDA_R_64F ? *static_cast<const double*>(x) : static_cast<double>(*static_cast<const float*>(x)); };
  const Call call{p, get<Layout>(of_a), get<Layout>(of_b), get<Layout>(of_c), get<Layout>(of_d), scalar(alpha), scalar(beta), a, b, c, d, workspace};
  const Algorithm algorithm = get<Algorithm>(algo);
  const void* const operands[] = {a, b, c, d};
  for (int i = 0; i < 4; ++i)
    if (!is_multiple(operands[i], algorithm.alignment[i])) return CUBLAS_STATUS_INVALID_VALUE;
  if (!fit(p, call.a, call.b, call.c, call.d) || bytes < workspace_bytes || workspace == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  if (uses_gate(p.epilogue) && (p.gate == nullptr || !is_multiple(p.gate, 16))) return CUBLAS_STATUS_INVALID_VALUE;
  if (uses_bias(p.epilogue) && (p.bias == nullptr || !is_multiple(p.bias, std::min(algorithm.bias_alignment, 16u)))) return CUBLAS_STATUS_INVALID_VALUE;
  return enqueue(stream, call) == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // extern "C"
