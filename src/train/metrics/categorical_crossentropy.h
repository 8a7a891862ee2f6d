#pragma once

#include <strata/metric.h>
#include <strata/losses/categorical_crossentropy.h>

namespace strata::metrics {

struct CategoricalCrossentropy {
  std::string name = "categorical_crossentropy";
  Config dtype = {};
  bool from_logits = false;
  double label_smoothing = 0;
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<CategoricalCrossentropy>("CategoricalCrossentropy",
        "The mean cross-entropy of targets that are probabilities of classes.",
        metric_fields<CategoricalCrossentropy>(),
        field("from_logits", &CategoricalCrossentropy::from_logits,
              "Whether y_pred holds logits instead of probabilities."),
        field("label_smoothing", &CategoricalCrossentropy::label_smoothing,
              "Share of every target that is spread evenly over the classes.", between(0, 1)),
        field("axis", &CategoricalCrossentropy::axis, "Axis of the classes."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const Loss loss = losses::CategoricalCrossentropy{.from_logits = from_logits, .label_smoothing = label_smoothing,
                                                      .axis = axis};
    return running_mean(s, loss.values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
