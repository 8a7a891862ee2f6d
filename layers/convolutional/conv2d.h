#pragma once

#include <strata/layers/convolutional/convolution.h>

namespace strata {

// x (N, H, W, C) -> (N, H', W', filters): cross-correlation with a kernel (kh, kw, C / groups, filters).
struct Conv2D {
  Required<std::int64_t> filters = unset;
  Required<Sizes<2>> kernel_size = unset;
  Sizes<2> strides = 1;
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Sizes<2> dilation_rate = 1;
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
    return describe<Conv2D>("Conv2D", "Convolution over images: y = activation(x * kernel + bias).",
        filters_field<Conv2D>(), kernel_window_fields<Conv2D>(), padding_field<Conv2D>(),
        data_format_field<Conv2D>(), dilation_field<Conv2D>(), groups_field<Conv2D>(), convolution_output_fields<Conv2D>(),
        kernel_fields<Conv2D>(), bias_fields<Conv2D>(), activity_field<Conv2D>(), layer_fields<Conv2D>())
        .also_named({"Convolution2D"});
  }

  Value call(Scope& s, Value x) const { return convolved("Conv2D", *this, s, x); }
};

}  // namespace strata
