// For Strata's .cu files on the host's compiler, before the toolkit's header of this name on their path: that header, and what nvcc
// knows by itself.
#pragma once

#include_next <cuda_runtime_api.h>

#include <cstring>
#include <tuple>
#include <utility>

#include "tests/cuda/emulator/device.h"

#undef __host__
#undef __device__
#undef __global__
#undef __forceinline__
#undef __launch_bounds__
#undef __shared__
#define __host__
#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static  // one block runs at a time

// Of the thread that runs.
extern dim3 threadIdx, blockIdx, blockDim, gridDim;

void __syncthreads();
inline void __threadfence() {}
inline unsigned atomicAdd(unsigned* to, unsigned more) { return std::exchange(*to, *to + more); }
// All 32 threads of a warp come here alike.
unsigned __shfl_down_sync(unsigned mask, unsigned word, unsigned distance);
unsigned __shfl_sync(unsigned mask, unsigned word, int lane);

template <class... P>
cudaError_t cudaLaunchKernel(void (*kernel)(P...), dim3 grid, dim3 block, void** arguments, std::size_t, cudaStream_t stream) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    const std::tuple<P...> copied(*static_cast<P*>(arguments[I])...);
    return strata::emulator::launch(stream, grid, block, [=] { std::apply(kernel, copied); });
  }(std::index_sequence_for<P...>());
}
