#pragma once

#include <strata/losses/cosine_similarity.h>
#include <strata/metric.h>

namespace strata::metrics {

struct CosineSimilarity {
  std::string name = "cosine_similarity";
  Config dtype = {};
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<CosineSimilarity>("CosineSimilarity", "The mean cos of the angle between y_true and y_pred.",
                                      metric_fields<CosineSimilarity>(),
                                      field("axis", &CosineSimilarity::axis, "Axis of the vectors."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const auto [a, b] = same_rank(y_true, y_pred);
    return running_mean(s, losses::CosineSimilarity::cosine(a, b, static_cast<int>(axis)), weight);
  }
};

}  // namespace strata::metrics
