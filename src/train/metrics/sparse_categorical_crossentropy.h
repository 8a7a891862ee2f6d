#pragma once

#include <strata/metric.h>
#include <strata/losses/sparse_categorical_crossentropy.h>

namespace strata::metrics {

struct SparseCategoricalCrossentropy {
  std::string name = "sparse_categorical_crossentropy";
  Config dtype = {};
  bool from_logits = false;
  std::optional<std::int64_t> ignore_class = {};
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<SparseCategoricalCrossentropy>("SparseCategoricalCrossentropy",
        "The mean cross-entropy of targets that are class numbers.",
        metric_fields<SparseCategoricalCrossentropy>(),
        field("from_logits", &SparseCategoricalCrossentropy::from_logits,
              "Whether y_pred holds logits instead of probabilities."),
        field("ignore_class", &SparseCategoricalCrossentropy::ignore_class,
              "Class whose elements give 0; null: none."),
        field("axis", &SparseCategoricalCrossentropy::axis, "Axis of the classes."));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const Loss loss = losses::SparseCategoricalCrossentropy{.from_logits = from_logits, .ignore_class = ignore_class,
                                                            .axis = axis};
    // As in Keras, the ignored elements leave the divisor only where there are weights.
    if (const Value counts = weight ? loss.mask(y_true, y_pred) : Value()) {
      const auto [a, b] = same_rank(cast(counts, weight.dtype()), weight);
      weight = a * b;
    }
    return running_mean(s, loss.values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
