// Handles of NVIDIA's libraries, made when first asked for. Their workspaces come from a kernel's scratch memory.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <cublasLt.h>
#include <cudnn.h>

namespace strata::cuda {

class Libraries {
 public:
  explicit Libraries(cudaStream_t stream) : stream_(stream) {}
  Libraries(const Libraries&) = delete;
  Libraries& operator=(const Libraries&) = delete;
  ~Libraries();

  cublasLtHandle_t cublaslt();
  cudnnHandle_t cudnn();  // on the backend's stream

  // What cuBLASLt's heuristic says of a product, its best first: a model has many alike, and a plan looks at each several times.
  using Algorithms = std::vector<cublasLtMatmulHeuristicResult_t>;
  const Algorithms& algorithms(const std::string& product, const std::function<Algorithms(cublasLtHandle_t)>& ask);

 private:
  std::mutex mutex_;
  cudaStream_t stream_;
  cublasLtHandle_t cublaslt_ = nullptr;
  cudnnHandle_t cudnn_ = nullptr;
  std::map<std::string, Algorithms> algorithms_;
};

[[noreturn]] void fail(cudnnStatus_t status, std::string_view what);
inline void check(cudnnStatus_t status, std::string_view what) {
  if (status != CUDNN_STATUS_SUCCESS) fail(status, what);
}

}  // namespace strata::cuda
