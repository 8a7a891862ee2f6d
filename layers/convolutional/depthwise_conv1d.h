#pragma once

#include <strata/layers/convolutional/convolution.h>

namespace strata {

// x (N, T, C) -> (N, T', C depth_multiplier): each channel with kernels of its own, (k, C, depth_multiplier).
struct DepthwiseConv1D {
  Required<Sizes<1>> kernel_size = unset;
  Sizes<1> strides = 1;
  std::string padding = "valid";
  std::int64_t depth_multiplier = 1;
  std::optional<std::string> data_format = {};
  Sizes<1> dilation_rate = 1;
  Activation activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint bias_constraint = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<DepthwiseConv1D>("DepthwiseConv1D", "Convolution of every channel by itself.",
        kernel_window_fields<DepthwiseConv1D>(), padding_field<DepthwiseConv1D>(), depth_multiplier_field<DepthwiseConv1D>(),
        data_format_field<DepthwiseConv1D>(), dilation_field<DepthwiseConv1D>(), convolution_output_fields<DepthwiseConv1D>(),
        depthwise_fields<DepthwiseConv1D>(), bias_fields<DepthwiseConv1D>(),
        activity_field<DepthwiseConv1D>(), layer_fields<DepthwiseConv1D>());
  }

  Value call(Scope& s, Value x) const { return depthwise_convolved("DepthwiseConv1D", *this, s, x); }
};

}  // namespace strata
