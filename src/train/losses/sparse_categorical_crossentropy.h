#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct SparseCategoricalCrossentropy {
  bool from_logits = false;
  std::optional<std::int64_t> ignore_class = {};
  std::int64_t axis = -1;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "sparse_categorical_crossentropy";
  Config dtype = {};

  static constexpr bool takes_classes = true;

  static Schema schema() {
    return describe<SparseCategoricalCrossentropy>("SparseCategoricalCrossentropy",
        "-log(y_pred at the class y_true); y_true holds class numbers.",
        field("from_logits", &SparseCategoricalCrossentropy::from_logits,
              "Whether y_pred holds logits instead of probabilities."),
        field("ignore_class", &SparseCategoricalCrossentropy::ignore_class,
              "Class whose elements do not count; null: none."),
        field("axis", &SparseCategoricalCrossentropy::axis, "Axis of the classes."),
        loss_fields<SparseCategoricalCrossentropy>());
  }
  Value call(Value y_true, Value y_pred) const {
    const Value p = move_axis(y_pred, static_cast<int>(axis), -1);
    const Value labels = classes(y_true, y_pred);
    if (!ignore_class) return of_classes(labels, p);
    const Value counts = not_equal(labels, *ignore_class);
    // What does not count is replaced on the way in too, so that no NaN of it comes back in the gradient.
    return select(counts, of_classes(select(counts, labels, 0), select(expand_dims(counts, -1), p, 1)), 0);
  }
  Value mask(Value y_true, Value y_pred) const {
    return ignore_class ? not_equal(classes(y_true, y_pred), *ignore_class) : Value();
  }

 private:
  // Class numbers of the predictions' shape less the axis of the classes.
  Value classes(Value y_true, Value y_pred) const {
    const int at = static_cast<int>(axis);
    if (y_true.rank() == y_pred.rank() && y_true.dim(at) == Dim(1)) y_true = squeeze(y_true, at);
    if (y_true.rank() + 1 != y_pred.rank())
      throw Error(ErrorKind::spec, "the loss SparseCategoricalCrossentropy needs one class number per prediction " +
                                       y_pred.shape().str() + ", received targets " + y_true.shape().str(),
                  "one-hot targets go with categorical_crossentropy");
    return ignore_class || !is_integer(y_true.dtype()) ? cast(y_true, DType::int64) : y_true;
  }
  // A class outside gives 0, as the fused op does.
  Value of_classes(Value labels, Value p) const {
    if (from_logits) return sparse_softmax_cross_entropy(p, labels);
    const Value at_label = one_hot(labels, p.dim(-1), DType::boolean);
    const Value share = sum(select(at_label, p, 0), Axes{-1}) / sum(p, Axes{-1});
    return select(reduce_any(at_label, Axes{-1}), -log(clip(share, 1e-7, 1 - 1e-7)), 0);
  }
};

}  // namespace strata::losses
