#pragma once

#include <strata/layers/convolutional/convolution.h>

namespace strata {

// x (N, D, H, W, C) -> (N, D', H', W', filters): cross-correlation with a kernel (kd, kh, kw, C / groups, filters).
struct Conv3D {
  Required<std::int64_t> filters = unset;
  Required<Sizes<3>> kernel_size = unset;
  Sizes<3> strides = 1;
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Sizes<3> dilation_rate = 1;
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
    return describe<Conv3D>("Conv3D", "Convolution over volumes: y = activation(x * kernel + bias).",
        filters_field<Conv3D>(), kernel_window_fields<Conv3D>(), padding_field<Conv3D>(),
        data_format_field<Conv3D>(), dilation_field<Conv3D>(), groups_field<Conv3D>(), convolution_output_fields<Conv3D>(),
        kernel_fields<Conv3D>(), bias_fields<Conv3D>(), activity_field<Conv3D>(), layer_fields<Conv3D>())
        .also_named({"Convolution3D"});
  }

  Value call(Scope& s, Value x) const { return convolved("Conv3D", *this, s, x); }
};

}  // namespace strata
