// What the CUDA device can do at this minute, as one JSON object: rates of copies and products, the price of one more kernel, and
// times of single calls of NVIDIA's libraries that Strata chooses among.
#include <cstdio>
#include <exception>
#include <iostream>

#include "benchmarks/ceilings/ceilings.h"
#include "benchmarks/ceilings/device.h"

using namespace strata::ceilings;

int main() try {
  Json all = {{"device", device_name()}};
  all["copy_gb_s"] = copy_gb_s();
  all["pinned_to_device_gb_s"] = pinned_to_device_gb_s();
  all["gemm_tflop_s"] = gemm_tflop_s();
  const Json chains = chain_us();
  all["node_us"] = chains["empty"]["graph"]["1000"];
  all["chain_us"] = chains;
  all["epilogues_us"] = epilogues_us();
  all["recurrent_us"] = recurrent_us();
  std::cout << all.dump(1) << '\n';
} catch (const std::exception& e) {
  std::fprintf(stderr, "gpu_ceilings: %s\n", e.what());
  return 1;
}
