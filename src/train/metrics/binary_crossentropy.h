#pragma once

#include <strata/metric.h>
#include <strata/losses/binary_crossentropy.h>

namespace strata::metrics {

struct BinaryCrossentropy {
  std::string name = "binary_crossentropy";
  Config dtype = {};
  bool from_logits = false;
  double label_smoothing = 0;

  static Schema schema() {
    return describe<BinaryCrossentropy>("BinaryCrossentropy", "The mean cross-entropy of targets that are 0 or 1.",
        metric_fields<BinaryCrossentropy>(),
        field("from_logits", &BinaryCrossentropy::from_logits,
              "Whether y_pred holds logits instead of probabilities."),
        field("label_smoothing", &BinaryCrossentropy::label_smoothing,
              "Share by which targets are moved towards 1/2.", between(0, 1)))
        .also_named({"bce", "BCE"});
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const Loss loss = losses::BinaryCrossentropy{.from_logits = from_logits, .label_smoothing = label_smoothing};
    return running_mean(s, loss.values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
