#pragma once

#include <strata/layers/convolutional/convolution.h>

namespace strata {

// x (N, H, W, C) -> (N, H', W', C depth_multiplier): each channel with kernels of its own, (kh, kw, C, depth_multiplier).
struct DepthwiseConv2D {
  Required<Sizes<2>> kernel_size = unset;
  Sizes<2> strides = 1;
  std::string padding = "valid";
  std::int64_t depth_multiplier = 1;
  std::optional<std::string> data_format = {};
  Sizes<2> dilation_rate = 1;
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
    return describe<DepthwiseConv2D>("DepthwiseConv2D", "Convolution of every channel by itself.",
        kernel_window_fields<DepthwiseConv2D>(), padding_field<DepthwiseConv2D>(), depth_multiplier_field<DepthwiseConv2D>(),
        data_format_field<DepthwiseConv2D>(), dilation_field<DepthwiseConv2D>(), convolution_output_fields<DepthwiseConv2D>(),
        depthwise_fields<DepthwiseConv2D>(), bias_fields<DepthwiseConv2D>(),
        activity_field<DepthwiseConv2D>(), layer_fields<DepthwiseConv2D>());
  }

  Value call(Scope& s, Value x) const { return depthwise_convolved("DepthwiseConv2D", *this, s, x); }
};

}  // namespace strata
