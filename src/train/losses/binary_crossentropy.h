#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct BinaryCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;
  std::int64_t axis = -1;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "binary_crossentropy";
  Config dtype = {};

  static Schema schema() {
    return describe<BinaryCrossentropy>("BinaryCrossentropy",
        "-mean(y_true log(y_pred) + (1 - y_true) log(1 - y_pred)) over an axis.",
        field("from_logits", &BinaryCrossentropy::from_logits,
              "Whether y_pred holds logits instead of probabilities."),
        field("label_smoothing", &BinaryCrossentropy::label_smoothing,
              "Share by which targets are moved towards 1/2.", between(0, 1)),
        field("axis", &BinaryCrossentropy::axis, "Axis of the mean."),
        loss_fields<BinaryCrossentropy>())
        .also_named({"bce", "BCE"});
  }
  Value call(Value y_true, Value y_pred) const {
    check_same_shape("loss", "BinaryCrossentropy", y_true, y_pred);
    Value z = cast(y_true, y_pred.dtype());
    if (label_smoothing != 0) z = z * (1 - label_smoothing) + 0.5 * label_smoothing;
    return mean(from_logits ? sigmoid_cross_entropy(y_pred, z) : of_probabilities(z, y_pred), Axes{static_cast<int>(axis)});
  }

 private:
  static Value of_probabilities(Value z, Value y_pred) {
    const Value p = clip(y_pred, 1e-7, 1 - 1e-7);
    return -(z * log(p) + (1 - z) * log(1 - p));
  }
};

}  // namespace strata::losses
