// A handle of cuDNN's, and how what is asked of it is started.
#pragma once

#include <cstring>
#include <utility>

#include <cudnn.h>

#include "tests/cuda/emulator/device.h"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

namespace strata::emulator {

constexpr std::size_t workspace_bytes = 256;

// Overwrites the workspace first: nothing may be kept there.
inline cudnnStatus_t start(cudnnHandle_t handle, void* workspace, Work work) {
  const cudaError_t status = enqueue(handle->stream, [workspace, work = std::move(work)] {
    std::memset(workspace, 0x55, workspace_bytes);
    work();
  });
  return status == cudaSuccess ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED;
}

}  // namespace strata::emulator
