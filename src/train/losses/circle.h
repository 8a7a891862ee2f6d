#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

// Sun et al., "Circle loss: a unified perspective of pair similarity optimization", 2020.
struct Circle {
  double gamma = 80;
  double margin = 0.4;
  bool remove_diagonal = true;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "circle";
  Config dtype = {};

  static Schema schema() {
    return describe<Circle>(
        "Circle",
        "Draws unit vectors y_pred (batch, features) of one class, y_true, together and others apart, all pairs of a "
        "batch.",
        field("gamma", &Circle::gamma, "Scale of the similarities.", above(0)),
        field("margin", &Circle::margin, "How far apart the classes should be.", between(0, 1)),
        field("remove_diagonal", &Circle::remove_diagonal, "Whether a sample is no pair with itself."),
        loss_fields<Circle>());
  }
  Value call(Value y_true, Value y_pred) const {
    const Value distance = maximum(1 - matmul(y_pred, y_pred, false, true), 0);
    const Value labels = reshape(y_true, {y_pred.dim(0), 1});
    const Value same = equal(labels, transpose(labels, {1, 0})), different = logical_not(same);
    const Value row = iota(y_pred, y_pred.dim(0), DType::int64);
    const Value pairs = remove_diagonal ? logical_and(same, not_equal(expand_dims(row, 1), expand_dims(row, 0))) : same;
    // How far a pair is from its optimum weighs it.
    const Value of_same = -gamma * maximum(margin + distance, 0) * (margin - distance);
    const Value of_different = gamma * maximum(1 + margin - distance, 0) * (1 - margin - distance);
    const Value z = log_sum_exp(pairs, of_same) + log_sum_exp(different, of_different);
    return 0.5 * (z + absolute(z)) + log1p(exp(-absolute(z)));
  }
  // Samples that have nothing to learn do not count.
  Value mask(Value y_true, Value y_pred) const { return call(y_true, y_pred) > 0; }

 private:
  // Over the last axis, of the elements that count; where none does, so little that nothing is left of it.
  static Value log_sum_exp(Value counts, Value x) {
    x = select(counts, x, -1e30);
    const Value top = stop_gradient(reduce_max(x, Axes{-1}, true));
    return log(sum(exp(x - top), Axes{-1})) + squeeze(top, -1);
  }
};

}  // namespace strata::losses
