#pragma once

#include <strata/metrics/confusion.h>

namespace strata::metrics {

struct TruePositives {
  std::optional<std::vector<double>> thresholds = {};
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<TruePositives>("TruePositives", "The weight of what is 1 and predicted so.",
                                   thresholds_field<TruePositives>(),
        metric_fields<TruePositives>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return by_threshold(
        running_confusion("TruePositives", s, y_true, y_pred, weight, {thresholds_or_default(thresholds)})
            .true_positives);
  }
};

}  // namespace strata::metrics
