#pragma once

#include <strata/layers/convolutional/convolution.h>

namespace strata {

// x (N, T, C) -> (N, T', filters): cross-correlation with a kernel (k, C / groups, filters).
struct Conv1D {
  Required<std::int64_t> filters = unset;
  Required<Sizes<1>> kernel_size = unset;
  Sizes<1> strides = 1;
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Sizes<1> dilation_rate = 1;
  std::int64_t groups = 1;
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

  static Schema schema() {
    return describe<Conv1D>("Conv1D", "Convolution over sequences: y = activation(x * kernel + bias).",
        filters_field<Conv1D>(), kernel_window_fields<Conv1D>(),
        field("padding", &Conv1D::padding, "valid: none; same: zeros, so that stride 1 keeps the size; causal: zeros before, so that no step sees a later one.",
              one_of({"valid", "same", "causal"})),
        data_format_field<Conv1D>(), dilation_field<Conv1D>(), groups_field<Conv1D>(), convolution_output_fields<Conv1D>(),
        kernel_fields<Conv1D>(), bias_fields<Conv1D>(), activity_field<Conv1D>(), layer_fields<Conv1D>())
        .also_named({"Convolution1D"});
  }

  Value call(Scope& s, Value x) const { return convolved("Conv1D", *this, s, x); }
};

}  // namespace strata
