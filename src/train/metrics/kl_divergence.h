#pragma once

#include <strata/losses/kl_divergence.h>
#include <strata/metric.h>

namespace strata::metrics {

struct KLDivergence {
  std::string name = "kl_divergence";
  Config dtype = {};

  static Schema schema() {
    return describe<KLDivergence>("KLDivergence", "The mean over samples of sum(y_true log(y_true / y_pred)).",
                                  metric_fields<KLDivergence>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::KLDivergence{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
