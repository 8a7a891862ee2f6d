#pragma once

#include <strata/activation.h>
#include <strata/layer.h>

namespace strata {

// x (..., k) -> (..., units).
struct Dense {
  Required<std::int64_t> units = unset;
  Activation activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<Dense>("Dense", "Fully connected: y = activation(x . kernel + bias).",
        field("units", &Dense::units, "Size of the last axis of the output.", at_least(1)),
        field("activation", &Dense::activation, "Function applied to every element."),
        field("use_bias", &Dense::use_bias, "Whether a bias is added."),
        kernel_fields<Dense>(), bias_fields<Dense>(),
        activity_field<Dense>(), layer_fields<Dense>());
  }

  Value call(Scope& s, Value x) const {
    Value y = matmul(x, s.weight("kernel", {x.dim(-1), *units}, {kernel_initializer, kernel_regularizer, kernel_constraint}));
    if (use_bias) y = y + s.weight("bias", {*units}, {bias_initializer, bias_regularizer, bias_constraint});
    return activation(y);
  }
};

}  // namespace strata
