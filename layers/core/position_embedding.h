#pragma once

#include <strata/layer.h>

namespace strata {

// x (N, T, D) -> the first T rows of a trained table (sequence_length, D), the same for every row of the batch: added to x it
// tells the places apart. KerasHub's layer of that name.
struct PositionEmbedding {
  Required<std::int64_t> sequence_length = unset;
  Initializer initializer = "glorot_uniform";
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<PositionEmbedding>("PositionEmbedding", "A trained vector for each place in a sequence.",
        field("sequence_length", &PositionEmbedding::sequence_length, "Number of places: the longest sequence.", at_least(1)),
        field("initializer", &PositionEmbedding::initializer, "How the table begins."),
        activity_field<PositionEmbedding>(), layer_fields<PositionEmbedding>())
        .in_files_of_keras("keras_hub>PositionEmbedding");
  }

  Value call(Scope& s, Value x) const {
    if (x.rank() < 2) throw Error(ErrorKind::spec, "PositionEmbedding takes an input (..., steps, features); received " + x.shape().str());
    const Dim steps = x.dim(-2);
    if (steps.is_known() && steps.value() > *sequence_length)
      throw Error(ErrorKind::spec, "PositionEmbedding: a sequence of " + steps.str() + " steps is longer than sequence_length " +
                                       std::to_string(*sequence_length));
    const Value table = s.weight("embeddings", {*sequence_length, x.dim(-1)}, {initializer});
    return broadcast_to(slice(table, 0, 0, steps), x.shape());
  }
};

}  // namespace strata
