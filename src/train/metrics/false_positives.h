#pragma once

#include <strata/metrics/confusion.h>

namespace strata::metrics {

struct FalsePositives {
  std::optional<std::vector<double>> thresholds = {};
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<FalsePositives>("FalsePositives", "The weight of what is 0 and predicted as 1.",
                                    thresholds_field<FalsePositives>(),
        metric_fields<FalsePositives>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return by_threshold(
        running_confusion("FalsePositives", s, y_true, y_pred, weight, {thresholds_or_default(thresholds)})
            .false_positives);
  }
};

}  // namespace strata::metrics
