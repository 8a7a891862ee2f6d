#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct CosineSimilarity {
  std::int64_t axis = -1;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "cosine_similarity";
  Config dtype = {};

  static Schema schema() {
    return describe<CosineSimilarity>(
        "CosineSimilarity", "-cos of the angle between y_true and y_pred: -1 where they point the same way.",
        field("axis", &CosineSimilarity::axis, "Axis of the vectors."),
        loss_fields<CosineSimilarity>());
  }
  Value call(Value y_true, Value y_pred) const { return -cosine(y_true, y_pred, static_cast<int>(axis)); }

  static Value cosine(Value y_true, Value y_pred, int axis) {
    return sum(unit(cast(y_true, y_pred.dtype()), axis) * unit(y_pred, axis), Axes{axis});
  }

 private:
  // A vector shorter than 1e-7 keeps its direction and is not made longer than 1e7 times.
  static Value unit(Value x, int axis) { return x * minimum(rsqrt(sum(square(x), Axes{axis}, true)), 1e7); }
};

}  // namespace strata::losses
