// What of the program is compiled by nvcc. It sees no JSON: nvcc would read that once for each architecture.
#include <stdexcept>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "benchmarks/ceilings/device.h"

namespace strata::ceilings {
namespace {

// A hash of the position (Wellons' lowbias32).
__device__ float uniform(unsigned x) {
  x = (x ^ (x >> 16)) * 0x21f0aaadu;
  x = (x ^ (x >> 15)) * 0x735a2d97u;
  return static_cast<float>(x ^ (x >> 15)) * (2.0f / 4294967296.0f) - 1.0f;
}

template <class T>
__global__ void fill_kernel(T* to, std::size_t count, unsigned seed) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
    to[i] = static_cast<T>(uniform(static_cast<unsigned>(i) + seed * 0x9e3779b9u));
}

__global__ void empty_kernel() {}

// Waits for `ns` nanoseconds of the device's own clock, as one block.
__global__ void waiting_kernel(unsigned long long ns) {
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  while (now - begin < ns);
}

template <class T>
void fill_with(Memory& memory, unsigned seed) {
  fill_kernel<<<1024, 256, 0, stream()>>>(static_cast<T*>(memory.data()), memory.bytes() / sizeof(T), seed);
  check(cudaGetLastError(), "filling memory with random numbers");
}

}  // namespace

void fill(Memory& memory, cudaDataType_t type, unsigned seed) {
  if (type == CUDA_R_32F) fill_with<float>(memory, seed);
  else if (type == CUDA_R_16BF) fill_with<__nv_bfloat16>(memory, seed);
  else if (type == CUDA_R_16F) fill_with<__half>(memory, seed);
  else throw std::invalid_argument("no random numbers of this type");
}

void enqueue_nothing() {
  empty_kernel<<<1, 32, 0, stream()>>>();
  check(cudaGetLastError(), "starting an empty kernel");
}

void enqueue_a_wait(unsigned long long ns) {
  waiting_kernel<<<1, 32, 0, stream()>>>(ns);
  check(cudaGetLastError(), "starting a kernel that waits");
}

}  // namespace strata::ceilings
