// An optimizer at work: from a loss to updates of weights and slots, in Keras' order: unscale, accumulate, clip, decay, the
// rule, the moving average, constraints.
#pragma once

#include <memory>
#include <vector>

#include <strata/optimizer.h>
#include "src/model/trace.h"

namespace strata {

struct OptimizerState {
  Optimizer optimizer;
  Variables variables;  // iteration, learning_rate, slots
};
// What a LossScaleOptimizer keeps itself, in Keras' order. Keras has the first two of every optimizer: here they stay 0.
inline constexpr const char* loss_scale_variables[] = {"loss_scale/iteration", "loss_scale/learning_rate", "loss_scale/step_counter", "loss_scale/dynamic_scale"};

// Weights of one store, all of one dtype, in order of memory.
struct Trainable {
  Variables* store;
  DType dtype;
  std::vector<std::int64_t> ids;
  std::string name = {};  // of their model, before their paths in the names of slots; where one optimizer serves several stores
  friend bool operator==(const Trainable&, const Trainable&) = default;
};
// Those under `prefix`, a model's path in its store.
std::vector<Trainable> trainable_weights(Variables& store, const std::string& prefix = {});

// Adds the gradients of `loss` and the update to the trace. A weight is updated once in a trace at most. `skip_nonfinite`: when a gradient is not finite, no weight, slot
// or layer state changes; the returned value is then true (none where the option is off). Under a LossScaleOptimizer what the
// update itself would write stays as it was, and nothing is said.
Value minimize(Trace& trace, Value loss, const std::vector<Trainable>& weights, OptimizerState& state, bool skip_nonfinite);

// Weights become their moving averages, where the optimizer keeps them: the end of a fit.
void finish_averages(Variables& store, OptimizerState& state);

// The learning rate that is in force, read from the device; and set, which is an Error under a schedule.
double learning_rate(OptimizerState& state);
void set_learning_rate(OptimizerState& state, double rate);

}  // namespace strata
