#pragma once

#include <strata/metrics/confusion.h>

namespace strata::metrics {

struct TrueNegatives {
  std::optional<std::vector<double>> thresholds = {};
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<TrueNegatives>("TrueNegatives", "The weight of what is 0 and predicted so.",
                                   thresholds_field<TrueNegatives>(),
        metric_fields<TrueNegatives>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return by_threshold(
        running_confusion("TrueNegatives", s, y_true, y_pred, weight, {thresholds_or_default(thresholds)})
            .true_negatives);
  }
};

}  // namespace strata::metrics
