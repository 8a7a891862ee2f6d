#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

// Huber, "Robust estimation of a location parameter", 1964.
struct Huber {
  double delta = 1;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "huber_loss";
  Config dtype = {};

  static Schema schema() {
    return describe<Huber>(
        "Huber",
        "mean of e^2 / 2 where e = |y_true - y_pred| is at most delta, else delta e - delta^2 / 2, over the last axis.",
        field("delta", &Huber::delta, "Error at which the square becomes a line.", at_least(0)),
        loss_fields<Huber>());
  }
  Value call(Value y_true, Value y_pred) const {
    const Value error = y_pred - cast(y_true, y_pred.dtype()), distance = absolute(error);
    return mean(select(distance <= delta, 0.5 * square(error), delta * distance - 0.5 * delta * delta), Axes{-1});
  }
};

}  // namespace strata::losses
