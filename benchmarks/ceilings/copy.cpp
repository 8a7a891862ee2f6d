#include "benchmarks/ceilings/ceilings.h"
#include "benchmarks/ceilings/device.h"

namespace strata::ceilings {

double copy_gb_s() {
  constexpr std::size_t bytes = std::size_t{4} << 30;  // many times the L2 cache
  Memory from(bytes), to(bytes);
  fill(from, CUDA_R_32F, 1);
  const double us = least_us([&] { check(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice, stream()), "copying on the device"); });
  return 2 * static_cast<double>(bytes) / us * 1e-3;
}

double pinned_to_device_gb_s() {
  constexpr std::size_t bytes = std::size_t{256} << 20;
  Memory to(bytes);
  void* from = nullptr;
  check(cudaMallocHost(&from, bytes), "asking for pinned memory");
  fill(to, CUDA_R_32F, 2);
  check(cudaMemcpyAsync(from, to.data(), bytes, cudaMemcpyDeviceToHost, stream()), "copying to the host");
  const double us = least_us([&] { check(cudaMemcpyAsync(to.data(), from, bytes, cudaMemcpyHostToDevice, stream()), "copying to the device"); });
  cudaFreeHost(from);
  return static_cast<double>(bytes) / us * 1e-3;
}

}  // namespace strata::ceilings
