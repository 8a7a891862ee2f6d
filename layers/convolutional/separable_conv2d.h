#pragma once

#include <strata/layers/convolutional/convolution.h>

namespace strata {

// x (N, H, W, C) -> (N, H', W', filters): every channel with kernels of its own, then a mixture of what that gives.
// Source: Chollet 2017, "Xception".
struct SeparableConv2D {
  Required<std::int64_t> filters = unset;
  Required<Sizes<2>> kernel_size = unset;
  Sizes<2> strides = 1;
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Sizes<2> dilation_rate = 1;
  std::int64_t depth_multiplier = 1;
  Activation activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer pointwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = {};
  Regularizer pointwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint pointwise_constraint = {};
  Constraint bias_constraint = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<SeparableConv2D>("SeparableConv2D", "A depthwise convolution followed by one of size 1 that mixes the channels.",
        filters_field<SeparableConv2D>(), kernel_window_fields<SeparableConv2D>(), padding_field<SeparableConv2D>(),
        data_format_field<SeparableConv2D>(), dilation_field<SeparableConv2D>(), depth_multiplier_field<SeparableConv2D>(),
        convolution_output_fields<SeparableConv2D>(), depthwise_fields<SeparableConv2D>(), pointwise_fields<SeparableConv2D>(),
        bias_fields<SeparableConv2D>(), activity_field<SeparableConv2D>(), layer_fields<SeparableConv2D>())
        .also_named({"SeparableConvolution2D"});
  }

  Value call(Scope& s, Value x) const { return separably_convolved("SeparableConv2D", *this, s, x); }
};

}  // namespace strata
