// The elementwise ops behind an anchor as a library's own epilogue: a bias along the last axis, then another value of the
// anchor's shape, then relu.
#pragma once

#include <optional>

#include "backend/region.h"

namespace strata {

struct BiasSumRelu {
  int bias = -1, sum = -1;  // the region's inputs
  bool relu = false;
};

// Nothing where they are anything else, or where the region gives out another of them than their last. Sums behind them are not looked at.
inline std::optional<BiasSumRelu> bias_sum_relu(const Region& region, int anchor) {
  BiasSumRelu found;
  Source at{anchor, 0};
  const ArrayType& y = region.type(at);
  const int end = end_of_epilogue(region);
  for (int i = 0; i < end; ++i) {
    if (i == anchor) continue;
    const RegionOp& op = region.ops[static_cast<std::size_t>(i)];
    if (op.name == "add" && i > anchor && !found.relu) {
      const Source other = op.inputs[0] == at ? op.inputs[1] : op.inputs[0];
      if (!(op.inputs[0] == at || op.inputs[1] == at) || other.op >= 0) return std::nullopt;
      const ArrayType& added = region.type(other);
      const bool is_row = added.elements() == y.dim(-1) && added.rank() >= 1 && added.dim(-1) == y.dim(-1);
      if (is_row && found.bias < 0 && found.sum < 0) found.bias = other.index;
      else if (added == y && found.sum < 0) found.sum = other.index;
      else return std::nullopt;
    } else if (op.name == "relu" && i > anchor && !found.relu && op.inputs[0] == at) {
      found.relu = true;
    } else {
      return std::nullopt;
    }
    at = {i, 0};
  }
  const auto is_of_these = [end](const Source& s) { return s.op < end; };
  const auto given = std::find_if(region.outputs.begin(), region.outputs.end(), is_of_these);
  if (given == region.outputs.end() || *given != at || std::count_if(given, region.outputs.end(), is_of_these) != 1) return std::nullopt;
  return found;
}

}  // namespace strata
