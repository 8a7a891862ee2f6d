#pragma once

#include <strata/metrics/confusion.h>

namespace strata::metrics {

struct Precision {
  std::optional<std::vector<double>> thresholds = {};
  std::optional<std::int64_t> top_k = {};
  std::optional<std::int64_t> class_id = {};
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<Precision>("Precision", "The share of right ones among the positive predictions.",
                               thresholds_field<Precision>(),
                               field("top_k", &Precision::top_k,
                                     "Only the largest so many predictions of a sample may be positive.", at_least(1)),
                               field("class_id", &Precision::class_id, "The class that alone counts.", at_least(0)),
                               metric_fields<Precision>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const Confusion c = running_confusion(
        "Precision", s, y_true, y_pred, weight,
        {.thresholds = thresholds_or_default(thresholds, top_k), .top_k = top_k, .class_id = class_id});
    return by_threshold(share(c.true_positives, c.false_positives));
  }
};

}  // namespace strata::metrics
