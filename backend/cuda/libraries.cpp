#include "backend/cuda/libraries.h"

#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>

#include "backend/cuda/status.h"

namespace strata::cuda {

Libraries::~Libraries() {
  if (cudnn_ != nullptr) cudnnDestroy(cudnn_);
  if (cublaslt_ != nullptr) cublasLtDestroy(cublaslt_);
}

cublasLtHandle_t Libraries::cublaslt() {
  const std::lock_guard lock(mutex_);
  if (cublaslt_ == nullptr) check(cublasLtCreate(&cublaslt_), "opening cuBLASLt");
  return cublaslt_;
}

cudnnHandle_t Libraries::cudnn() {
  const std::lock_guard lock(mutex_);
  if (cudnn_ == nullptr) {
    // The products of its recurrent layers come from cuBLAS, which gives the same bits each time only with workspaces of one size
    // (cuDNN's documentation, "Reproducibility") and reads this when it is opened. The user's own setting stands.
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:2", 0);
    check(cudnnCreate(&cudnn_), "opening cuDNN");
    check(cudnnSetStream(cudnn_, stream_), "giving cuDNN the stream");
  }
  return cudnn_;
}

const Libraries::Algorithms& Libraries::algorithms(const std::string& product, const std::function<Algorithms(cublasLtHandle_t)>& ask) {
  const cublasLtHandle_t library = cublaslt();
  const std::lock_guard lock(mutex_);
  const auto [known, fresh] = algorithms_.try_emplace(product);
  if (fresh) known->second = ask(library);
  return known->second;
}

void fail(cudnnStatus_t status, std::string_view what) {
  char more[512] = {};
  cudnnGetLastErrorString(more, sizeof more);
  throw std::runtime_error(fmt::format("cuDNN: {}: {}{}{}", what, cudnnGetErrorString(status), more[0] ? ": " : "", more));
}

}  // namespace strata::cuda
