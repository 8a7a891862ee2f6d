// A host that stands for a device: streams that are worked off when somebody waits, events among them, captured graphs, grids.
//
// What is asked for is done as late as CUDA allows, so that a missing wait or event, or memory that is changed too early, gives
// other numbers.
#pragma once

#include <functional>

#include <cuda_runtime_api.h>

namespace strata::emulator {

using Work = std::function<void()>;

// Behind what the stream has, or into the graph that is being captured. What throws ends the stream with cudaErrorLaunchFailure.
cudaError_t enqueue(cudaStream_t stream, Work work);

// Enqueues a grid, block after block, whose threads run in turn, each until it waits for the others.
cudaError_t launch(cudaStream_t stream, dim3 grid, dim3 block, Work thread);

}  // namespace strata::emulator
