// What ops that move elements are as copies of boxes.
#pragma once

#include <optional>

#include "backend/region.h"
#include "backend/cuda/box.h"

namespace strata::cuda {

// copy, broadcast_to, transpose, slice, slice_gradient, pad, reverse: a region's only op. Nothing where the box has more axes
// than Box holds.
std::optional<Box> movement_box(const RegionOp& op, const Region& region);

}  // namespace strata::cuda
