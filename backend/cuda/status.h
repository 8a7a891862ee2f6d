// What NVIDIA's libraries return, as exceptions that say what was being done. A plug-in throws std::runtime_error: it shares no
// symbol with the library.
#pragma once

#include <string_view>

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <nvrtc.h>

namespace strata::cuda {

[[noreturn]] void fail(cudaError_t status, std::string_view what);
[[noreturn]] void fail(cublasStatus_t status, std::string_view what);
[[noreturn]] void fail(nvrtcResult status, std::string_view what);

// `what` in the form "copying to the device".
inline void check(cudaError_t status, std::string_view what) {
  if (status != cudaSuccess) fail(status, what);
}
inline void check(cublasStatus_t status, std::string_view what) {
  if (status != CUBLAS_STATUS_SUCCESS) fail(status, what);
}
inline void check(nvrtcResult status, std::string_view what) {
  if (status != NVRTC_SUCCESS) fail(status, what);
}

}  // namespace strata::cuda
