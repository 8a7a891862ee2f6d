#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

// Zhang and Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy labels", 2018.
struct CategoricalGeneralizedCrossEntropy {
  double q = 0.5;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "categorical_generalized_cross_entropy";
  Config dtype = {};

  static Schema schema() {
    return describe<CategoricalGeneralizedCrossEntropy>(
        "CategoricalGeneralizedCrossEntropy",
        "(1 - p^q) / q, p the probability of the class y_true, a class number: noise-tolerant.",
        field("q", &CategoricalGeneralizedCrossEntropy::q,
              "From towards 0, the cross-entropy, to 1, the absolute error.",
              Limits{.low = 0, .high = 1, .open_low = true, .open_high = true, .choices = {}}),
        loss_fields<CategoricalGeneralizedCrossEntropy>());
  }
  Value call(Value y_true, Value y_pred) const {
    if (y_true.rank() + 1 != y_pred.rank())
      throw Error(ErrorKind::spec,
                  "the loss CategoricalGeneralizedCrossEntropy needs one class number per prediction " +
                      y_pred.shape().str() + ", received targets " + y_true.shape().str());
    const Value at_label = one_hot(cast(y_true, DType::int64), y_pred.dim(-1), y_pred.dtype());
    return (1 - power(sum(y_pred * at_label, Axes{-1}), q)) / q;
  }
};

}  // namespace strata::losses
