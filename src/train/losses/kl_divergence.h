#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct KLDivergence {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "kl_divergence";
  Config dtype = {};

  static Schema schema() {
    return describe<KLDivergence>("KLDivergence",
                                  "sum(y_true log(y_true / y_pred)) over the last axis; both are clipped to [1e-7, 1].",
                                  loss_fields<KLDivergence>())
        .also_named({"kld", "KLD"});
  }
  Value call(Value y_true, Value y_pred) const {
    const Value z = clip(cast(y_true, y_pred.dtype()), 1e-7, 1);
    return sum(z * log(z / clip(y_pred, 1e-7, 1)), Axes{-1});
  }
};

}  // namespace strata::losses
