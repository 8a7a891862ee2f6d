#pragma once

#include <strata/layers/convolutional/convolution.h>

namespace strata {

// x (N, T, C) -> (N, T', filters): every channel with kernels of its own, then a mixture of what that gives.
// Source: Chollet 2017, "Xception".
struct SeparableConv1D {
  Required<std::int64_t> filters = unset;
  Required<Sizes<1>> kernel_size = unset;
  Sizes<1> strides = 1;
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Sizes<1> dilation_rate = 1;
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
    return describe<SeparableConv1D>("SeparableConv1D", "A depthwise convolution followed by one of size 1 that mixes the channels.",
        filters_field<SeparableConv1D>(), kernel_window_fields<SeparableConv1D>(), padding_field<SeparableConv1D>(),
        data_format_field<SeparableConv1D>(), dilation_field<SeparableConv1D>(), depth_multiplier_field<SeparableConv1D>(),
        convolution_output_fields<SeparableConv1D>(), depthwise_fields<SeparableConv1D>(), pointwise_fields<SeparableConv1D>(),
        bias_fields<SeparableConv1D>(), activity_field<SeparableConv1D>(), layer_fields<SeparableConv1D>())
        .also_named({"SeparableConvolution1D"});
  }

  Value call(Scope& s, Value x) const { return separably_convolved("SeparableConv1D", *this, s, x); }
};

}  // namespace strata
