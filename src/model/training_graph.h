// What one step over a batch computes, as a graph: inputs and layers, losses, metrics, gradients, update.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/model/model_state.h"

namespace strata {

struct TrainingGraph {
  std::unique_ptr<Trace> trace;
  std::vector<std::string> logs;  // names of the graph's outputs: loss and metrics, in Keras' order
};

// Of a compiled model. `training` false: an evaluation, which ends with the metrics.
TrainingGraph training_graph(ModelState& model, const BatchTypes& types, bool training);

}  // namespace strata
