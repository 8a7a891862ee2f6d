#pragma once

#include <strata/loss.h>
#include <strata/metric.h>

namespace strata::metrics {

struct TopKCategoricalAccuracy {
  std::int64_t k = 5;
  std::string name = "top_k_categorical_accuracy";
  Config dtype = {};

  static Schema schema() {
    return describe<TopKCategoricalAccuracy>(
        "TopKCategoricalAccuracy", "How often the class of y_true, one-hot, is among the k largest of y_pred.",
        field("k", &TopKCategoricalAccuracy::k, "How many predictions may be right.", at_least(1)),
        metric_fields<TopKCategoricalAccuracy>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    check_same_shape("metric", "TopKCategoricalAccuracy", y_true, y_pred);
    return running_mean(s, in_top(argmax(y_true, -1), y_pred, k), weight);
  }

  // 1 where fewer than k predictions are larger than that of the class; a NaN is larger than none.
  static Value in_top(Value classes, Value y_pred, std::int64_t k) {
    const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
    const Value at_class = one_hot(classes, y_pred.dim(-1), DType::boolean);
    Value own = sum(select(at_class, y_pred, 0), Axes{-1}, true);
    own = select(is_nan(own), -std::numeric_limits<double>::infinity(), own);
    return cast(sum(cast(y_pred > own, number), Axes{-1}) < static_cast<double>(k), number);
  }
};

}  // namespace strata::metrics
