#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

// Milletari et al., "V-Net: fully convolutional neural networks for volumetric medical image segmentation", 2016.
struct Dice {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "dice";
  std::optional<std::vector<std::int64_t>> axis = {};
  Config dtype = {};

  static Schema schema() {
    return describe<Dice>(
        "Dice", "1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred) + 1e-7): little where the sets overlap.",
        field("reduction", &Dice::reduction, "How the values of the samples become one.", loss_reductions()),
        field("name", &Dice::name, "Name in logs and files."),
        field("axis", &Dice::axis, "Axes that are summed over; null: all, the batch with them."),
        field("dtype", &Dice::dtype, "Dtype of the computation."));
  }
  Value call(Value y_true, Value y_pred) const {
    const Value z = cast(y_true, y_pred.dtype());
    const auto over = axis ? std::optional(Axes(axis->begin(), axis->end())) : std::nullopt;
    return 1 - 2 * sum(z * y_pred, over) / (sum(z, over) + sum(y_pred, over) + 1e-7);
  }
};

}  // namespace strata::losses
