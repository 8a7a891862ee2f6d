#pragma once

#include <strata/metrics/confusion.h>

namespace strata::metrics {

struct Recall {
  std::optional<std::vector<double>> thresholds = {};
  std::optional<std::int64_t> top_k = {};
  std::optional<std::int64_t> class_id = {};
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<Recall>("Recall", "The share of the ones that are predicted as such.", thresholds_field<Recall>(),
                            field("top_k", &Recall::top_k,
                                  "Only the largest so many predictions of a sample may be positive.", at_least(1)),
                            field("class_id", &Recall::class_id, "The class that alone counts.", at_least(0)),
                            metric_fields<Recall>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const Confusion c = running_confusion(
        "Recall", s, y_true, y_pred, weight,
        {.thresholds = thresholds_or_default(thresholds, top_k), .top_k = top_k, .class_id = class_id});
    return by_threshold(share(c.true_positives, c.false_negatives));
  }
};

}  // namespace strata::metrics
