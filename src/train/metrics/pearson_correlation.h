#pragma once

#include <strata/loss.h>
#include <strata/metric.h>

namespace strata::metrics {

struct PearsonCorrelation {
  std::string name = "pearson_correlation";
  Config dtype = {};
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<PearsonCorrelation>(
        "PearsonCorrelation",
        "The mean of Pearson's correlation of y_true and y_pred along an axis: 1 where one is a rising line of the "
        "other.",
        metric_fields<PearsonCorrelation>(),
        field("axis", &PearsonCorrelation::axis, "Axis along which they are compared."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const auto [a, b] = same_rank(y_true, y_pred);
    const int at = static_cast<int>(axis);
    return running_mean(s, mean(standard(cast(a, b.dtype()), at) * standard(b, at), Axes{at}), weight);
  }

 private:
  // Mean 0, deviation 1.
  static Value standard(Value x, int axis) {
    const Value centred = x - mean(x, Axes{axis}, true);
    return centred / sqrt(variance(centred, Axes{axis}, true));
  }
};

}  // namespace strata::metrics
