// f(i) for every i below n: f is copied to the device, and takes 32-bit indices where they reach.
#pragma once

#include "backend/cuda/arithmetic.h"
#include "backend/cuda/launch.h"

namespace strata::cuda {

template <class F, class Index>
__global__ void __launch_bounds__(block_threads) over_each(F f, Index n) {
  const Index step = static_cast<Index>(gridDim.x) * block_threads;
  for (Index i = static_cast<Index>(blockIdx.x) * block_threads + static_cast<Index>(threadIdx.x); i < n; i += step) f(i);
}

template <class F>
void each(const char* what, const F& f, std::int64_t n, const Machine& machine) {
  if (n == 0) return;
  if (n < (std::int64_t{1} << 30)) launch(what, over_each<F, unsigned>, blocks_for(n, machine), machine, f, static_cast<unsigned>(n));
  else launch(what, over_each<F, std::int64_t>, blocks_for(n, machine), machine, f, n);
}

}  // namespace strata::cuda
