// Threads that make one value of many: a warp, or a whole block. The order in which they join values follows from their number alone.
#pragma once

#include <cstring>

#include "backend/cuda/arithmetic.h"
#include "backend/cuda/launch.h"

namespace strata::cuda {

inline constexpr int warp_threads = 32;

// How many threads go along n elements.
inline int group_for(std::int64_t n) { return n <= 1024 ? warp_threads : block_threads; }

// A whole warp's: f(word) for the 32-bit words of x.
template <class T, class F>
__device__ T by_words(T x, F f) {
  static_assert(sizeof(T) % sizeof(unsigned) == 0);
  unsigned words[sizeof(T) / sizeof(unsigned)];
  memcpy(words, &x, sizeof x);
  for (unsigned& word : words) word = f(word);
  memcpy(&x, words, sizeof x);
  return x;
}

// join(...) over the values of a group's threads; every thread gets it. All threads of the block come here alike where the group is
// the block, all of the warp where it is a warp.
template <class T, class Join>
__device__ T combined(T x, int group, Join join) {
  for (int distance = warp_threads / 2; distance > 0; distance /= 2)
    x = join(x, by_words(x, [distance](unsigned word) { return __shfl_down_sync(0xFFFFFFFFu, word, distance); }));
  if (group == warp_threads) return by_words(x, [](unsigned word) { return __shfl_sync(0xFFFFFFFFu, word, 0); });
  __shared__ T of_warp[block_threads / warp_threads];
  if (threadIdx.x % warp_threads == 0) of_warp[threadIdx.x / warp_threads] = x;
  __syncthreads();
  x = of_warp[0];
  for (int i = 1; i < block_threads / warp_threads; ++i) x = join(x, of_warp[i]);
  __syncthreads();
  return x;
}

}  // namespace strata::cuda
