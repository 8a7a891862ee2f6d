#pragma once

#include <strata/metric.h>

namespace strata::metrics {

struct FBetaScore {
  std::optional<std::string> average = {};
  double beta = 1;
  std::optional<double> threshold = {};
  std::string name = "fbeta_score";
  Config dtype = {};

  static Schema schema() {
    return describe<FBetaScore>(
        "FBetaScore", "(1 + beta^2) precision recall / (beta^2 precision + recall), class by class.",
        average_field<FBetaScore>(),
        field("beta", &FBetaScore::beta, "How much more recall counts than precision.", above(0)),
        threshold_field<FBetaScore>(),
        metric_fields<FBetaScore>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running(schema().name, s, y_true, y_pred, weight);
  }

  template <class T>
  static Field average_field() {
    return field(
        "average", &T::average,
        "micro: all classes as one; macro: the mean; weighted: the mean by frequency; null: a value for each class.",
        one_of({"micro", "macro", "weighted"}));
  }
  template <class T>
  static Field threshold_field() {
    return field("threshold", &T::threshold, "Predictions above are positive; null: the largest of a sample.",
                 Limits{.low = 0, .high = 1, .open_low = true, .choices = {}});
  }
  Value running(const std::string& metric, Scope& s, Value y_true, Value y_pred, Value weight) const {
    if (y_true.rank() != 2 || y_pred.rank() != 2 || !y_pred.dim(-1).is_known())
      throw Error(ErrorKind::spec, "the metric " + metric +
                                       " needs targets and predictions (batch, classes), received " +
                                       y_true.shape().str() + " and " + y_pred.shape().str());
    const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
    const Value p = cast(y_pred, number), z = cast(y_true, number);
    const Value positive =
        threshold ? p > *threshold : logical_and(p >= reduce_max(p, Axes{-1}, true), absolute(p) > 1e-9);
    const Value chosen = cast(positive, number);
    const Value of_sample = weight ? with_axes_of(cast(weight, number), p) : Value();
    const auto seen = [&](const char* state, Value x) {
      if (of_sample) x = x * of_sample;
      return running_sum(s, state, average == "micro" ? sum(x) : sum(x, Axes{0}));
    };
    const Value right = seen("true_positives", chosen * z), wrong = seen("false_positives", chosen * (1 - z));
    const Value missed = seen("false_negatives", (1 - chosen) * z), frequency = seen("intermediate_weights", z);
    const Value precision = right / (right + wrong + 1e-7), recall = right / (right + missed + 1e-7);
    const Value score = precision * recall / (beta * beta * precision + recall + 1e-7) * (1 + beta * beta);
    if (average == "weighted") return sum(score * (frequency / (sum(frequency) + 1e-7)));
    return average ? mean(score) : score;
  }
};

}  // namespace strata::metrics
