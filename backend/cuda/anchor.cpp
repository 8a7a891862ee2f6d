#include "backend/cuda/anchor.h"

#include <algorithm>

#include "backend/functors.h"

namespace strata::cuda {

bool is_elementwise(std::string_view op) {
#define STRATA_NAME(name, expression) #name,
  static constexpr std::string_view names[] = {STRATA_UNARY(STRATA_NAME) STRATA_BINARY(STRATA_NAME) STRATA_COMPARISON(STRATA_NAME)
                                                   STRATA_LOGICAL_BINARY(STRATA_NAME) STRATA_TEST(STRATA_NAME) "logical_not",
                                               "select", "cast", "constant"};
#undef STRATA_NAME
  return std::find(std::begin(names), std::end(names), op) != std::end(names);
}

int anchor_of(const Region& region) {
  for (std::size_t i = 0; i < region.ops.size(); ++i)
    if (!is_elementwise(region.ops[i].name)) return static_cast<int>(i);
  return -1;
}

std::optional<BiasAndRelu> bias_and_relu(const Region& region) {
  const int anchor = anchor_of(region);
  BiasAndRelu found;
  Source at{anchor, 0};
  const ArrayType& y = region.type(at);
  for (const Source& s : region.ops[static_cast<std::size_t>(anchor)].inputs)
    if (s.op >= 0) return std::nullopt;
  for (int i = 0; i < static_cast<int>(region.ops.size()); ++i) {
    if (i == anchor) continue;
    const RegionOp& op = region.ops[static_cast<std::size_t>(i)];
    if (op.name == "add" && i > anchor && found.bias < 0 && !found.relu) {
      if (!(op.inputs[0] == at || op.inputs[1] == at)) return std::nullopt;
      const Source other = op.inputs[0] == at ? op.inputs[1] : op.inputs[0];
      if (other.op >= 0) return std::nullopt;
      const ArrayType& bias = region.type(other);
      if (bias.elements() != y.dim(-1) || bias.rank() < 1 || bias.dim(-1) != y.dim(-1)) return std::nullopt;
      found.bias = other.index;
    } else if (op.name == "relu" && i > anchor && !found.relu && op.inputs[0] == at) {
      found.relu = true;
    } else {
      return std::nullopt;
    }
    at = {i, 0};
  }
  if (region.outputs.size() != 1 || region.outputs[0] != at) return std::nullopt;
  return found;
}

}  // namespace strata::cuda
