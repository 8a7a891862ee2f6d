#include "backend/cuda/sequence.h"

#include "backend/cuda/status.h"

namespace strata::cuda {

CapturedSequence::~CapturedSequence() {
  if (graph_ == nullptr) return;
  const std::lock_guard lock(mutex_);
  cudaStreamSynchronize(stream_);  // it may be running; its errors come where its results are asked for
  cudaGraphExecDestroy(graph_);
}

void CapturedSequence::run() {
  const std::lock_guard lock(mutex_);
  if (calls_.empty()) return;
  if (!warm_) {
    for (const auto& call : calls_) call->run();
    warm_ = true;
    return;
  }
  if (graph_ == nullptr) capture();
  check(cudaGraphLaunch(graph_, stream_), "launching a step");
}

void CapturedSequence::capture() {
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capturing a step");
  cudaGraph_t captured = nullptr;
  try {
    for (const auto& call : calls_) call->run();
  } catch (...) {
    cudaStreamEndCapture(stream_, &captured);
    if (captured != nullptr) cudaGraphDestroy(captured);
    cudaGetLastError();
    throw;
  }
  check(cudaStreamEndCapture(stream_, &captured), "capturing a step");
  const cudaError_t made = cudaGraphInstantiate(&graph_, captured, 0);
  cudaGraphDestroy(captured);
  if (made != cudaSuccess) graph_ = nullptr;
  check(made, "making a step's graph");
  check(cudaGraphUpload(graph_, stream_), "loading a step's graph");
}

}  // namespace strata::cuda
