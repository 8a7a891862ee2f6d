#pragma once

#include <strata/layer.h>

namespace strata {

// x (N, T, features): a step whose every feature is mask_value becomes zeros, and later layers skip it.
struct Masking {
  double mask_value = 0;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Masking>("Masking", "Marks the steps of a sequence that later layers skip.",
        field("mask_value", &Masking::mask_value, "The value that every feature of a skipped step has."),
        activity_field<Masking>(), layer_fields<Masking>());
  }

  Value call(Scope& s, Value x) const {
    if (x.rank() < 2)
      throw Error(ErrorKind::spec, "Masking takes an input of at least 2 axes, (batch, ..., features); received " + x.shape().str());
    const Value there = reduce_any(not_equal(x, mask_value), Axes{-1});
    const Value y = select(expand_dims(there, -1), x, 0);
    s.set_mask(y, there);
    return y;
  }
};

}  // namespace strata
