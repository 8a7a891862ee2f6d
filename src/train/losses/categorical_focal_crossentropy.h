#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

// Lin et al., "Focal loss for dense object detection", 2017.
struct CategoricalFocalCrossentropy {
  double alpha = 0.25;
  double gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  std::int64_t axis = -1;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "categorical_focal_crossentropy";
  Config dtype = {};

  static Schema schema() {
    return describe<CategoricalFocalCrossentropy>(
        "CategoricalFocalCrossentropy",
        "Categorical cross-entropy, each class times alpha (1 - p)^gamma, p its predicted probability.",
        field("alpha", &CategoricalFocalCrossentropy::alpha, "Weight of every class."),
        field("gamma", &CategoricalFocalCrossentropy::gamma, "Exponent of the focus; 0: none.", at_least(0)),
        field("from_logits", &CategoricalFocalCrossentropy::from_logits,
              "Whether y_pred holds logits instead of probabilities."),
        field("label_smoothing", &CategoricalFocalCrossentropy::label_smoothing,
              "Share of every target that is spread evenly over the classes.", between(0, 1)),
        field("axis", &CategoricalFocalCrossentropy::axis, "Axis of the classes."),
        loss_fields<CategoricalFocalCrossentropy>());
  }
  Value call(Value y_true, Value y_pred) const {
    check_same_shape("loss", "CategoricalFocalCrossentropy", y_true, y_pred);
    const int at = static_cast<int>(axis);
    Value z = cast(y_true, y_pred.dtype());
    // Keras divides by the size of the last axis, whatever `axis` is.
    if (label_smoothing != 0) z = z * (1 - label_smoothing) + label_smoothing / count(z, Axes{-1}, z.dtype());
    Value p = from_logits ? softmax(y_pred, at) : y_pred;
    p = clip(p / sum(p, Axes{at}, true), 1e-7, 1 - 1e-7);
    return sum(alpha * power(1 - p, gamma) * (-z * log(p)), Axes{at});
  }
};

}  // namespace strata::losses
