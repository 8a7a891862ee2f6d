#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct CategoricalCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;
  std::int64_t axis = -1;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "categorical_crossentropy";
  Config dtype = {};

  static Schema schema() {
    return describe<CategoricalCrossentropy>("CategoricalCrossentropy",
        "-sum(y_true log(y_pred)) over the axis of the classes; y_true holds probabilities.",
        field("from_logits", &CategoricalCrossentropy::from_logits,
              "Whether y_pred holds logits instead of probabilities."),
        field("label_smoothing", &CategoricalCrossentropy::label_smoothing,
              "Share of every target that is spread evenly over the classes.", between(0, 1)),
        field("axis", &CategoricalCrossentropy::axis, "Axis of the classes."),
        loss_fields<CategoricalCrossentropy>());
  }
  Value call(Value y_true, Value y_pred) const {
    check_same_shape("loss", "CategoricalCrossentropy", y_true, y_pred);
    const int at = static_cast<int>(axis);
    const Value p = move_axis(y_pred, at, -1);
    Value z = cast(y_true, y_pred.dtype());
    // Keras divides by the size of the last axis, whatever `axis` is.
    if (label_smoothing != 0) z = z * (1 - label_smoothing) + label_smoothing / count(z, Axes{-1}, z.dtype());
    z = move_axis(z, at, -1);
    if (from_logits) return softmax_cross_entropy(p, z);
    return -sum(z * log(clip(p / sum(p, Axes{-1}, true), 1e-7, 1 - 1e-7)), Axes{-1});
  }
};

}  // namespace strata::losses
