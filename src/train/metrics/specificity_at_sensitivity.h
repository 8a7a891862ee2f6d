#pragma once

#include <strata/metrics/confusion.h>

namespace strata::metrics {

struct SpecificityAtSensitivity {
  Required<double> sensitivity = unset;
  std::int64_t num_thresholds = 200;
  std::optional<std::int64_t> class_id = {};
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<SpecificityAtSensitivity>(
        "SpecificityAtSensitivity", "The best specificity of a threshold whose sensitivity is at least the given one.",
        field("sensitivity", &SpecificityAtSensitivity::sensitivity, "What has to be reached.", between(0, 1)),
        field("num_thresholds", &SpecificityAtSensitivity::num_thresholds, "How many thresholds are tried, 0 to 1.",
              at_least(1)),
        field("class_id", &SpecificityAtSensitivity::class_id, "The class that alone counts.", at_least(0)),
        metric_fields<SpecificityAtSensitivity>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const Confusion c = running_confusion("SpecificityAtSensitivity", s, y_true, y_pred, weight,
                                          {.thresholds = even_thresholds(num_thresholds), .class_id = class_id});
    return reduce_max(select(share(c.true_positives, c.false_negatives) >= *sensitivity,
                             share(c.true_negatives, c.false_positives), 0));
  }
};

}  // namespace strata::metrics
