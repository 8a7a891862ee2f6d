#include "src/model/step_trial.h"

#include <algorithm>
#include <chrono>
#include <functional>

namespace strata {
namespace {

// Real numbers in [0, 1); 0 and 1 as numbers of classes and rows, which every model has.
Tensor made_up(DType dtype, const std::vector<std::int64_t>& shape) {
  Tensor t(dtype, shape);
  std::uint32_t state = 1;
  for (std::int64_t i = 0; i < t.elements(); ++i) {
    state = state * 1664525u + 1013904223u;  // Numerical Recipes' generator
    const double v = static_cast<double>(state >> 8) / (1 << 24);
    t.set(i, is_floating(dtype) ? v : v < 0.5 ? 0.0 : 1.0);
  }
  return t;
}

using Clock = std::chrono::steady_clock;

double least(std::chrono::milliseconds round, const std::function<void()>& f) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    int times = 0;
    do {
      f();
      ++times;
    } while (Clock::now() - begin < round);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count() / times);
  }
  return best;
}

}  // namespace

StepTrial::StepTrial(ModelState& model, std::int64_t batch_size) : is_training_(model.compiled.has_value()) {
  AssumedBatch batch = assumed_batch(model, batch_size, false);
  step_ = is_training_ ? &model.train_step(batch.types) : &model.predict_step();
  step_->assume_host_columns(batch.shapes, batch_size);
  for (const CompiledStep::Input& in : step_->inputs()) columns_[in.name] = made_up(in.type.dtype, batch.shapes.at(in.name));
  worker_ = step_->take();
  plan_anew();
}

void StepTrial::plan_anew() { run_ = &worker_->load(columns_); }

double StepTrial::seconds() {
  return least(std::chrono::milliseconds(40), [&] {
    (*run_)();
    step_->backend().synchronize();
  });
}

std::vector<double> StepTrial::seconds_of_steps() {
  (*run_)();  // what is computed once is there
  std::vector<double> best(plan().steps.size(), 1e9);
  const auto begin = Clock::now();
  for (int round = 0; round < 5 || Clock::now() - begin < std::chrono::milliseconds(150); ++round) {
    std::vector<double> of_step(plan().steps.size(), 0.0);
    for (std::size_t c = 0; c < run_->calls().size(); ++c) {
      const auto from = Clock::now();
      step_->backend().run(run_->calls().subspan(c, 1));
      step_->backend().synchronize();
      of_step[static_cast<std::size_t>(plan().calls[c].step)] += std::chrono::duration<double>(Clock::now() - from).count();
    }
    std::transform(of_step.begin(), of_step.end(), best.begin(), best.begin(), [](double a, double b) { return std::min(a, b); });
  }
  return best;
}

}  // namespace strata
