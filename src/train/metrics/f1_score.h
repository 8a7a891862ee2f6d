#pragma once

#include <strata/metric.h>
#include <strata/metrics/fbeta_score.h>

namespace strata::metrics {

struct F1Score {
  std::optional<std::string> average = {};
  std::optional<double> threshold = {};
  std::string name = "f1_score";
  Config dtype = {};

  static Schema schema() {
    return describe<F1Score>("F1Score", "The harmonic mean of precision and recall, class by class.",
                             FBetaScore::average_field<F1Score>(), FBetaScore::threshold_field<F1Score>(),
                             metric_fields<F1Score>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return FBetaScore{.average = average, .threshold = threshold}.running("F1Score", s, y_true, y_pred, weight);
  }
};

}  // namespace strata::metrics
