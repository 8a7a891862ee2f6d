// What a step or a call cannot avoid doing, counted from its op graph; with the machine's two rates it gives a floor.
#pragma once

#include <vector>

#include "src/graph/graph.h"
#include "src/model/model_state.h"

namespace strata::peers {

struct Task {
  double flop, bytes;
};

// Products (gemm, convolution, lstm, attention) with the bytes of their operands and results, each moved once; of the rest what
// has to pass over memory: batch norm (3 passes forward, 5 back), layer norm (2 and 3), and the update of the weights: every
// variable that it writes is read and written, and `gradient_bytes` are read. Everything else can be fused into those.
// The graph must be simplified and have numbers for shapes.
std::vector<Task> unavoidable(const Graph& graph, double gradient_bytes);

struct Work {
  std::vector<Task> tasks;
  double working_set = 0;  // bytes: weights, optimizer's slots, and the activations that are alive at one time
};
// Of a training step on `batch` rows where the model is compiled, else of a prediction.
Work work_of(ModelState& model, std::int64_t batch);

// Seconds: the tasks one after another, each as long as the slower of its arithmetic and its movement.
double floor_of(const std::vector<Task>& tasks, double flop_per_second, double bytes_per_second);

}  // namespace strata::peers
