#pragma once

#include <functional>

#include <cuda_runtime_api.h>

namespace strata::emulator {

// Whether a device takes a grid of these sizes.
bool is_grid(dim3 grid, dim3 block);
// Throws where threads wait for others that never come.
void run_grid(dim3 grid, dim3 block, const std::function<void()>& thread);

}  // namespace strata::emulator
