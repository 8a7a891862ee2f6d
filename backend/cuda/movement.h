// Copies of boxes on the device.
#pragma once

#include "backend/cuda/box.h"
#include "backend/cuda/maker.h"

namespace strata::cuda {

// `element` bytes of an element: 1, 2, 4 or 8.
void enqueue_copy(const Box& box, int element, const void* x, void* y, const Machine& machine);

}  // namespace strata::cuda
