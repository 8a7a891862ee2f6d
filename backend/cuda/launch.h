// Grids for kernels that go over n elements.
#pragma once

#include <algorithm>
#include <cstdint>

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

// After <<<>>>.
inline void check_launch(const char* what) { check(cudaGetLastError(), what); }

inline bool is_aligned(const void* address, std::size_t bytes) { return reinterpret_cast<std::uintptr_t>(address) % bytes == 0; }

}  // namespace strata::cuda
