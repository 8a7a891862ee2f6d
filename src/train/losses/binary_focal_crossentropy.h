#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

// Lin et al., "Focal loss for dense object detection", 2017.
struct BinaryFocalCrossentropy {
  bool apply_class_balancing = false;
  double alpha = 0.25;
  double gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  std::int64_t axis = -1;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "binary_focal_crossentropy";
  Config dtype = {};

  static Schema schema() {
    return describe<BinaryFocalCrossentropy>(
        "BinaryFocalCrossentropy",
        "Binary cross-entropy times (1 - p)^gamma, p the probability given to the truth: what is easy counts less.",
        field("apply_class_balancing", &BinaryFocalCrossentropy::apply_class_balancing,
              "Whether targets of 1 are weighted by alpha, those of 0 by 1 - alpha."),
        field("alpha", &BinaryFocalCrossentropy::alpha, "Weight of the class 1.", between(0, 1)),
        field("gamma", &BinaryFocalCrossentropy::gamma, "Exponent of the focus; 0: none.", at_least(0)),
        field("from_logits", &BinaryFocalCrossentropy::from_logits,
              "Whether y_pred holds logits instead of probabilities."),
        field("label_smoothing", &BinaryFocalCrossentropy::label_smoothing,
              "Share by which targets are moved towards 1/2.", between(0, 1)),
        field("axis", &BinaryFocalCrossentropy::axis, "Axis of the mean."),
        loss_fields<BinaryFocalCrossentropy>());
  }
  Value call(Value y_true, Value y_pred) const {
    check_same_shape("loss", "BinaryFocalCrossentropy", y_true, y_pred);
    Value z = cast(y_true, y_pred.dtype());
    if (label_smoothing != 0) z = z * (1 - label_smoothing) + 0.5 * label_smoothing;
    const Value p = from_logits ? sigmoid(y_pred) : y_pred, clipped = clip(p, 1e-7, 1 - 1e-7);
    const Value crossentropy = -(z * log(clipped) + (1 - z) * log(1 - clipped));
    Value focal = power(1 - (z * p + (1 - z) * (1 - p)), gamma) * crossentropy;
    if (apply_class_balancing) focal = (z * alpha + (1 - z) * (1 - alpha)) * focal;
    return mean(focal, Axes{static_cast<int>(axis)});
  }
};

}  // namespace strata::losses
