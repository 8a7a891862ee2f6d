// One step of a model on made-up data: what its plan came to, and how long each part takes.
#pragma once

#include <vector>

#include "src/model/model_state.h"

namespace strata {

class StepTrial {
 public:
  // A training step where the model is compiled, otherwise a prediction. An open axis is an Error. Running it changes
  // weights.
  StepTrial(ModelState& model, std::int64_t batch_size);

  // Plans the step anew, by the kernels that the model's choices ask for now.
  void plan_anew();

  const Plan& plan() const { return run_->plan(); }
  bool is_training() const { return is_training_; }
  // The least of a few rounds, in seconds: of the whole step, and of each of the plan's steps in their order. 0 for what is
  // computed once. Their sum can be below the whole: each one's best round is its own.
  double seconds();
  std::vector<double> seconds_of_steps();

 private:
  bool is_training_;
  CompiledStep* step_;
  std::map<std::string, Tensor> columns_;
  std::shared_ptr<CompiledStep::Worker> worker_;
  Run* run_;
};

}  // namespace strata
