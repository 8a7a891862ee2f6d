#pragma once

#include <strata/layer.h>

namespace strata {

// Integers (...) -> (..., output_dim): rows of a table (input_dim, output_dim).
struct Embedding {
  Required<std::int64_t> input_dim = unset;
  Required<std::int64_t> output_dim = unset;
  Initializer embeddings_initializer = "uniform";
  Regularizer embeddings_regularizer = {};
  Constraint embeddings_constraint = {};
  bool mask_zero = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;
  static constexpr bool autocast = false;  // float indices keep their digits in a half precision policy

  static Schema schema() {
    return describe<Embedding>("Embedding", "A trained vector for each integer.",
        field("input_dim", &Embedding::input_dim, "Number of rows: the largest integer + 1.", at_least(1)),
        field("output_dim", &Embedding::output_dim, "Size of a vector.", at_least(1)),
        field("embeddings_initializer", &Embedding::embeddings_initializer, "How the table begins."),
        field("embeddings_regularizer", &Embedding::embeddings_regularizer, "Penalty on the table."),
        field("embeddings_constraint", &Embedding::embeddings_constraint, "Projection of the table after each update."),
        field("mask_zero", &Embedding::mask_zero, "Whether 0 means padding, which later layers skip."),
        activity_field<Embedding>(), layer_fields<Embedding>());
  }

  Value call(Scope& s, Value x) const {
    const Value table = s.weight("embeddings", {*input_dim, *output_dim},
                                 {embeddings_initializer, embeddings_regularizer, embeddings_constraint, false});
    const Value y = cast(embedding(table, is_integer(x.dtype()) ? x : cast(x, DType::int32)), s.compute_dtype());
    if (mask_zero) s.set_mask(y, not_equal(x, 0));
    return y;
  }
};

}  // namespace strata
