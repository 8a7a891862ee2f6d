// What predictions above each of several thresholds get right and wrong, over everything seen: what AUC, Precision,
// Recall and their kin are computed from.
#pragma once

#include <optional>
#include <vector>

#include <strata/metric.h>

namespace strata {

struct ConfusionOptions {
  std::vector<double> thresholds;             // a prediction above one is positive; in any order
  std::optional<std::int64_t> top_k = {};     // only the largest so many of a sample may be positive
  std::optional<std::int64_t> class_id = {};  // only this element of the last axis counts
  bool by_label = false;                      // predictions (N, labels), each label counted apart
  std::vector<double> label_weights = {};     // of the elements of the last axis; empty: 1
};

// Sums of weights, (thresholds, labels); one label where they are not counted apart.
struct Confusion {
  Value true_positives, false_positives, true_negatives, false_negatives;
};

Confusion running_confusion(const std::string& metric, Scope& s, Value y_true, Value y_pred, Value weight,
                            const ConfusionOptions& options);

// a / (a + b), and 0 where both are.
inline Value share(Value a, Value b) { return divide_no_nan(a, a + b); }

// (thresholds, 1) as a metric gives it: a scalar for one threshold.
inline Value by_threshold(Value x) { return x.dim(0) == Dim(1) ? reshape(x, {}) : reshape(x, {x.dim(0)}); }

// 0, 1 / (n - 1), ..., 1; 0.5 alone for n = 1.
std::vector<double> even_thresholds(std::int64_t n);

// The thresholds of Precision and Recall: those given, or 0.5; with top_k every one of the largest is positive.
std::vector<double> thresholds_or_default(const std::optional<std::vector<double>>& given,
                                          const std::optional<std::int64_t>& top_k = {});

template <class T>
Field thresholds_field() {
  return field("thresholds", &T::thresholds, "Predictions above are positive; several give several values.",
               between(0, 1));
}

}  // namespace strata
