// What kernels of batch normalization share: reading the region, and the variance where a library leaves it out.
#pragma once

#include "backend/cuda/maker.h"

namespace strata::cuda {

// Where x, gamma and beta lie among the region's inputs and y, the mean, the variance and s among its outputs. A relu behind the norm
// rides along: y is then what it gives.
struct BatchNormPlaces {
  int x, gamma, beta;
  int y = -1, mean = -1, variance = -1, inverse = -1;
  bool with_relu = false;
};
inline std::variant<BatchNormPlaces, Declined> batch_norm_places(const Region& region) {
  const RegionOp& op = region.ops[0];
  BatchNormPlaces p{.x = op.inputs[0].index, .gamma = op.inputs[1].index, .beta = op.inputs[2].index};
  p.with_relu = region.ops.size() == 2 && region.ops[1].name == "relu" && region.ops[1].inputs[0] == Source{0, 0};
  if (op.name != "batch_norm" || (region.ops.size() != 1 && !p.with_relu)) return Declined{"it takes no epilogue but relu"};
  int* const places[] = {&p.y, &p.mean, &p.variance, &p.inverse};
  for (std::size_t i = 0; i < region.outputs.size(); ++i) {
    const Source s = region.outputs[i];
    if (p.with_relu && s == Source{0, 0}) return Declined{"what comes before the relu is wanted too"};
    *places[s.op == 0 ? s.index : 0] = static_cast<int>(i);
  }
  for (const int* place : places)
    if (*place < 0) return Declined{"an output has no place"};
  return p;
}

// variance = 1 / s^2 - epsilon, by channel.
void enqueue_variance(const float* s, float* variance, std::int64_t channels, double epsilon, const Machine& machine);

}  // namespace strata::cuda
