#include "backend/cuda/status.h"

#include <stdexcept>

#include <fmt/format.h>

namespace strata::cuda {
namespace {
[[noreturn]] void raise(std::string_view what, const char* text, const char* name) {
  throw std::runtime_error(fmt::format("CUDA: {}: {} ({})", what, text, name));
}
}  // namespace

void fail(cudaError_t status, std::string_view what) {
  cudaGetLastError();  // one that is not sticky is forgotten
  raise(what, cudaGetErrorString(status), cudaGetErrorName(status));
}
void fail(cublasStatus_t status, std::string_view what) { raise(what, cublasLtGetStatusString(status), cublasLtGetStatusName(status)); }
void fail(nvrtcResult status, std::string_view what) { raise(what, "NVRTC refused", nvrtcGetErrorString(status)); }

}  // namespace strata::cuda
