#pragma once

#include <strata/loss.h>
#include <strata/metric.h>

namespace strata::metrics {

// Lin, "A concordance correlation coefficient to evaluate reproducibility", 1989.
struct ConcordanceCorrelation {
  std::string name = "concordance_correlation";
  Config dtype = {};
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<ConcordanceCorrelation>(
        "ConcordanceCorrelation",
        "The mean of Lin's concordance of y_true and y_pred along an axis: 1 only where they are equal.",
        metric_fields<ConcordanceCorrelation>(),
        field("axis", &ConcordanceCorrelation::axis, "Axis along which they are compared."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const auto [given, b] = same_rank(y_true, y_pred);
    const Value a = cast(given, b.dtype());
    const Axes at = {static_cast<int>(axis)};
    const Value mean_a = mean(a, at, true), mean_b = mean(b, at, true);
    // Keras takes y_pred's mean off both; the sum is the covariance all the same.
    const Value covariance = (a - mean_b) * (b - mean_b);
    const Value spread = variance(a, at, true) + variance(b, at, true) + square(mean_a - mean_b);
    return running_mean(s, mean(2 * covariance / (spread + 1e-7), at), weight);
  }
};

}  // namespace strata::metrics
