#pragma once

#include <strata/metrics/confusion.h>

namespace strata::metrics {

struct RecallAtPrecision {
  Required<double> precision = unset;
  std::int64_t num_thresholds = 200;
  std::optional<std::int64_t> class_id = {};
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<RecallAtPrecision>(
        "RecallAtPrecision", "The best recall of a threshold whose precision is at least the given one.",
        field("precision", &RecallAtPrecision::precision, "What has to be reached.", between(0, 1)),
        field("num_thresholds", &RecallAtPrecision::num_thresholds, "How many thresholds are tried, 0 to 1.",
              at_least(1)),
        field("class_id", &RecallAtPrecision::class_id, "The class that alone counts.", at_least(0)),
        metric_fields<RecallAtPrecision>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const Confusion c = running_confusion("RecallAtPrecision", s, y_true, y_pred, weight,
                                          {.thresholds = even_thresholds(num_thresholds), .class_id = class_id});
    return reduce_max(select(share(c.true_positives, c.false_positives) >= *precision,
                             share(c.true_positives, c.false_negatives), 0));
  }
};

}  // namespace strata::metrics
