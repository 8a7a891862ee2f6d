#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

// Salehi et al., "Tversky loss function for image segmentation using 3D fully convolutional deep networks", 2017.
struct Tversky {
  double alpha = 0.5;
  double beta = 0.5;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "tversky";
  std::optional<std::vector<std::int64_t>> axis = {};
  Config dtype = {};

  static Schema schema() {
    return describe<Tversky>(
        "Tversky", "1 - both / (both + alpha only_true + beta only_pred + 1e-7), each a sum over the axes.",
        field("alpha", &Tversky::alpha, "Weight of what is in y_true alone.", at_least(0)),
        field("beta", &Tversky::beta, "Weight of what is in y_pred alone.", at_least(0)),
        field("reduction", &Tversky::reduction, "How the values of the samples become one.", loss_reductions()),
        field("name", &Tversky::name, "Name in logs and files."),
        field("axis", &Tversky::axis, "Axes that are summed over; null: all, the batch with them."),
        field("dtype", &Tversky::dtype, "Dtype of the computation."));
  }
  Value call(Value y_true, Value y_pred) const {
    const Value z = cast(y_true, y_pred.dtype());
    const auto over = axis ? std::optional(Axes(axis->begin(), axis->end())) : std::nullopt;
    const Value both = sum(z * y_pred, over), only_true = sum((1 - y_pred) * z, over),
                only_pred = sum(y_pred * (1 - z), over);
    return 1 - both / (both + alpha * only_true + beta * only_pred + 1e-7);
  }
};

}  // namespace strata::losses
