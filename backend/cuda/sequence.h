// Calls that run step after step, launched as one graph: the first run enqueues them one by one, which loads every kernel
// and shows their errors; the second captures them; from then on a step is one launch.
#pragma once

#include <memory>
#include <mutex>
#include <span>

#include <cuda_runtime_api.h>

#include "backend/backend.h"

namespace strata::cuda {

class CapturedSequence final : public Call {
 public:
  // `mutex` is held whenever something is enqueued on the stream: what another thread enqueued would be captured too.
  CapturedSequence(cudaStream_t stream, std::mutex& mutex, std::span<const std::unique_ptr<Call>> calls)
      : stream_(stream), mutex_(mutex), calls_(calls) {}
  CapturedSequence(const CapturedSequence&) = delete;
  CapturedSequence& operator=(const CapturedSequence&) = delete;
  ~CapturedSequence() override;

  void run() override;

 private:
  void capture();

  cudaStream_t stream_;
  std::mutex& mutex_;
  std::span<const std::unique_ptr<Call>> calls_;
  bool warm_ = false;
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace strata::cuda
