#pragma once

#include <strata/metric.h>
#include <strata/metrics/top_k_categorical_accuracy.h>

namespace strata::metrics {

struct SparseTopKCategoricalAccuracy {
  std::int64_t k = 5;
  std::string name = "sparse_top_k_categorical_accuracy";
  Config dtype = {};
  bool from_sorted_ids = false;

  static Schema schema() {
    return describe<SparseTopKCategoricalAccuracy>(
        "SparseTopKCategoricalAccuracy", "How often the class number y_true is among the k largest of y_pred.",
        field("k", &SparseTopKCategoricalAccuracy::k, "How many predictions may be right.", at_least(1)),
        metric_fields<SparseTopKCategoricalAccuracy>(),
        field("from_sorted_ids", &SparseTopKCategoricalAccuracy::from_sorted_ids,
              "Whether y_pred holds class numbers, the likeliest first."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    if (y_true.rank() == y_pred.rank() && y_true.dim(-1) == Dim(1)) y_true = squeeze(y_true, -1);
    const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
    if (!from_sorted_ids)
      return running_mean(s, TopKCategoricalAccuracy::in_top(cast(y_true, DType::int64), y_pred, k), weight);
    const Value ids = y_pred.dim(-1).is_known() && y_pred.dim(-1).value() <= k ? y_pred : slice(y_pred, -1, 0, k);
    return running_mean(s, cast(reduce_any(equal(expand_dims(cast(y_true, ids.dtype()), -1), ids), Axes{-1}), number),
                        weight);
  }
};

}  // namespace strata::metrics
