// The makers of the CUDA backend. backend.cpp lists them by their anchors, best first.
//
// A kernel's call enqueues on machine.stream, allocates nothing and waits for nothing: it is captured into a graph. What
// it writes beside its outputs is its scratch memory. A maker may ask the libraries, which are opened when first asked for;
// without a device (a planner, see backend.cpp) they are not there. A .cu file keeps to the standard library: nvcc refuses fmt's checks.
#pragma once

#include <cuda_runtime_api.h>

#include "backend/maker.h"

namespace strata::cuda {

class Libraries;

// Counters of blocks that come to an end, in the device's memory: every kernel finds zeros and leaves zeros.
inline constexpr std::int64_t arrival_counters = 1024;

struct Machine {
  cudaStream_t stream = nullptr;
  int capability = 0;       // 10 * major + minor: 80, 90
  int processors = 0;       // streaming multiprocessors
  std::size_t shared_bytes = 0;  // a block's shared memory at most, by opting in
  unsigned* arrivals = nullptr;
  bool reproducible = true;  // the same bits each time: no atomic sums
  bool tensor_float32 = false;  // float32 products with 10 bits of mantissa
  Libraries* libraries = nullptr;  // null without a device
};

using Anchors = std::vector<Anchor<Machine>>;

inline Declined no_device() { return {"there is no device to ask"}; }

Answer pointwise(const Region&, const Machine&);
// `rank`: the algorithm's in cuBLASLt's heuristic, of which the first is the kernel and the next are alternatives.
inline constexpr int gemm_algorithms = 4;
template <int rank>
Answer gemm_cublaslt(const Region&, const Machine&);
Answer convolution_cudnn(const Region&, const Machine&);
Answer convolution_input_gradient_cudnn(const Region&, const Machine&);
Answer convolution_kernel_gradient_cudnn(const Region&, const Machine&);
Answer batch_norm_cudnn(const Region&, const Machine&);
Answer batch_norm_gradient_cudnn(const Region&, const Machine&);
Answer attention_cudnn(const Region&, const Machine&);
Answer attention_gradient_cudnn(const Region&, const Machine&);
Answer lstm_cudnn(const Region&, const Machine&);
Answer lstm_gradient_cudnn(const Region&, const Machine&);
Answer copy(const Region&, const Machine&);
Answer broadcast(const Region&, const Machine&);
Answer transpose(const Region&, const Machine&);
Answer slice(const Region&, const Machine&);
Answer slice_gradient(const Region&, const Machine&);
Answer pad(const Region&, const Machine&);
Answer reverse(const Region&, const Machine&);
Answer concatenate(const Region&, const Machine&);
Answer pack(const Region&, const Machine&);
Answer iota(const Region&, const Machine&);
Answer gather(const Region&, const Machine&);
Answer scatter_add(const Region&, const Machine&);
Answer reduction(const Region&, const Machine&);
Answer index_of_extreme(const Region&, const Machine&);
Answer softmax(const Region&, const Machine&);
Answer softmax_gradient(const Region&, const Machine&);
Answer cross_entropy(const Region&, const Machine&);
Answer cross_entropy_gradient(const Region&, const Machine&);
Answer batch_norm(const Region&, const Machine&);
Answer batch_norm_gradient(const Region&, const Machine&);
Answer layer_norm(const Region&, const Machine&);
Answer layer_norm_gradient(const Region&, const Machine&);
Answer max_pool(const Region&, const Machine&);
Answer max_pool_gradient(const Region&, const Machine&);
Answer average_pool(const Region&, const Machine&);
Answer average_pool_gradient(const Region&, const Machine&);
Answer random(const Region&, const Machine&);
Answer dropout(const Region&, const Machine&);

}  // namespace strata::cuda
