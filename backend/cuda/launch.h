// Kernels on the backend's stream, and grids for those that go over n elements.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include <cuda_runtime_api.h>

#include "backend/cuda/maker.h"
#include "backend/cuda/status.h"

namespace strata::cuda {

inline constexpr int block_threads = 256;

// Blocks of block_threads, one thread per unit of work where the device holds them all; kernels stride over the rest.
inline unsigned blocks_for(std::int64_t units, const Machine& machine) {
  const std::int64_t most = std::max<std::int64_t>(machine.processors, 1) * 16;
  return static_cast<unsigned>(std::clamp<std::int64_t>((units + block_threads - 1) / block_threads, 1, most));
}

// As <<<>>> does, and checked; `what` in the form "starting a copy". A host that stands for a device can do it too (tests/cuda/emulator).
template <class... P>
void launch(const char* what, void (*kernel)(P...), dim3 grid, dim3 block, const Machine& machine, std::type_identity_t<P>... arguments) {
  void* addresses[] = {&arguments...};
  check(cudaLaunchKernel(kernel, grid, block, addresses, 0, machine.stream), what);
}
template <class... P>
void launch(const char* what, void (*kernel)(P...), std::int64_t blocks, const Machine& machine, std::type_identity_t<P>... arguments) {
  launch(what, kernel, dim3(static_cast<unsigned>(blocks)), dim3(block_threads), machine, arguments...);
}

inline bool is_aligned(const void* address, std::size_t bytes) { return reinterpret_cast<std::uintptr_t>(address) % bytes == 0; }

}  // namespace strata::cuda
