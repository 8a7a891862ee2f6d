#pragma once

#include <strata/loss.h>
#include <strata/metric.h>

namespace strata::metrics {

struct R2Score {
  std::optional<std::string> class_aggregation = "uniform_average";
  std::int64_t num_regressors = 0;
  std::string name = "r2_score";
  Config dtype = {};

  static Schema schema() {
    return describe<R2Score>(
        "R2Score",
        "1 - sum((y_true - y_pred)^2) / sum((y_true - mean(y_true))^2): the share of the variance that is explained.",
        field("class_aggregation", &R2Score::class_aggregation,
              "uniform_average: the mean over the outputs; variance_weighted_average: by their variance; null: a value "
              "for each.",
              one_of({"uniform_average", "variance_weighted_average"})),
        field("num_regressors", &R2Score::num_regressors,
              "Independent variables of the model: above 0 the value is adjusted to them.", at_least(0)),
        metric_fields<R2Score>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
    const auto [z, p] = same_rank(cast(y_true, number), cast(y_pred, number));
    if (p.rank() != 2 || z.rank() != 2)
      throw Error(ErrorKind::spec, "the metric R2Score needs targets and predictions (batch, outputs), received " +
                                       y_true.shape().str() + " and " + y_pred.shape().str());
    const Value w = broadcast_to(weight ? with_axes_of(cast(weight, number), z) : full(z, {}, 1, number), z.shape());
    const Value total_y = running_sum(s, "sum", sum(z * w, Axes{0})),
                squares = running_sum(s, "squared_sum", sum(z * z * w, Axes{0}));
    const Value residual = running_sum(s, "residual", sum(square(z - p) * w, Axes{0})),
                weights = running_sum(s, "count", sum(w, Axes{0}));
    const Value elements = running_sum(s, "num_samples", count(z, std::nullopt, number));

    const Value spread = squares - total_y * (total_y / weights);
    const Value explained = 1 - residual / spread;
    // Nothing to explain and something left: 0 instead of minus infinity. Nothing at all stays NaN.
    const Value each = select(logical_or(is_finite(explained), is_nan(explained)), explained, 0);
    const Value score = !class_aggregation                        ? each
                        : *class_aggregation == "uniform_average" ? mean(each)
                                                                  : sum(spread * each) / sum(spread);
    if (num_regressors == 0) return score;
    // Without a sample more than variables there is nothing to adjust to. Keras counts elements, not rows.
    const Value freedom = elements - static_cast<double>(num_regressors) - 1;
    return select(freedom > 0, 1 - (1 - score) * (elements - 1) / select(freedom > 0, freedom, 1), score);
  }
};

}  // namespace strata::metrics
