// The part of CUDA's runtime that Strata's own kernels use, for a host that stands for a device: a grid runs block after block, the
// threads of a block in turn, each until it waits for the others. Before <cuda_runtime_api.h> of the toolkit on the path of what is
// compiled so.
#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>

#define __host__
#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static  // one block runs at a time

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
// Of the thread that runs.
extern dim3 threadIdx, blockIdx, blockDim, gridDim;

enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidConfiguration = 9 };
using cudaStream_t = struct Stream*;

inline cudaError_t cudaGetLastError() { return cudaSuccess; }

void __syncthreads();
// All 32 threads of a warp come here alike.
unsigned __shfl_down_sync(unsigned mask, unsigned word, unsigned distance);
unsigned __shfl_sync(unsigned mask, unsigned word, int lane);

namespace strata::emulator {
// Throws where threads wait for others that never come.
cudaError_t run_grid(dim3 grid, dim3 block, const std::function<void()>& thread);
}  // namespace strata::emulator

template <class... P>
cudaError_t cudaLaunchKernel(void (*kernel)(P...), dim3 grid, dim3 block, void** arguments, std::size_t, cudaStream_t) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    const std::tuple<P...> copied(*static_cast<P*>(arguments[I])...);
    return strata::emulator::run_grid(grid, block, [&] { std::apply(kernel, copied); });
  }(std::index_sequence_for<P...>());
}
