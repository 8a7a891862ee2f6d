#pragma once

#include <strata/layers/convolutional/transposed_convolution.h>

namespace strata {

// x (N, D, H, W, C) -> (N, D', H', W', filters), with a kernel (kd, kh, kw, filters, C).
struct Conv3DTranspose {
  Required<std::int64_t> filters = unset;
  Required<Sizes<3>> kernel_size = unset;
  Sizes<3> strides = 1;
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  std::optional<Sizes<3>> output_padding = {};
  Sizes<3> dilation_rate = 1;
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
    return describe<Conv3DTranspose>("Conv3DTranspose",
        "The transpose of a convolution over volumes: what a convolution makes smaller, it makes larger.",
        filters_field<Conv3DTranspose>(), kernel_window_fields<Conv3DTranspose>(), padding_field<Conv3DTranspose>(),
        data_format_field<Conv3DTranspose>(), output_padding_field<Conv3DTranspose>(), dilation_field<Conv3DTranspose>(),
        convolution_output_fields<Conv3DTranspose>(), kernel_fields<Conv3DTranspose>(), bias_fields<Conv3DTranspose>(),
        activity_field<Conv3DTranspose>(), layer_fields<Conv3DTranspose>())
        .also_named({"Convolution3DTranspose"});
  }

  Value call(Scope& s, Value x) const { return transposed_convolved("Conv3DTranspose", *this, s, x); }
};

}  // namespace strata
