// What one step over a batch computes, as a graph: inputs and layers, losses, metrics, gradients, update.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/model/model_state.h"

namespace strata {

struct TrainingGraph {
  std::unique_ptr<Trace> trace;
  std::vector<std::string> logs;  // names of the graph's outputs: loss and metrics, in Keras' order
};

// Of a compiled model. `training` false: an evaluation, which ends with the metrics. `watched`: a training step watches its loss
// itself, for a host that does not look at every step.
TrainingGraph training_graph(ModelState& model, const BatchTypes& types, bool training, bool watched = false);

// What it saw since ModelState::watched_loss was reset: the running loss as it was first not finite, and the steps before that. None
// where it was finite, or nothing watched.
struct LossNotFinite {
  double loss;
  std::int64_t steps_before;
};
std::optional<LossNotFinite> first_loss_not_finite(ModelState& model);

}  // namespace strata
