// Kernels chosen by timing them: every region of a model's step by each kernel that takes it, in its place among the others.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "src/compile/choices.h"
#include "src/model/model_state.h"

namespace strata {

struct TunedRegion {
  std::string place, ops;        // layer; "matmul+add+relu"
  std::string before, kernel;    // the table's choice and the fastest
  double seconds_before = 0, seconds = 0;  // of all regions of this form in one step
};

struct Tuning {
  Choices choices;                   // of the regions that had a choice, winners by signature
  std::vector<TunedRegion> regions;  // the same, in the order of the step
  double seconds_before = 0, seconds = 0;  // of a whole step
};

// A training step where the model is compiled, otherwise a prediction, of `batch_size` made-up rows. Weights change; the model
// uses the winners from here on. A kernel wins where it takes less than 0.97 of the time. `told` hears of each region first.
Tuning tune(ModelState& model, std::int64_t batch_size, const std::function<void(std::size_t region, std::size_t of)>& told = {});

}  // namespace strata
