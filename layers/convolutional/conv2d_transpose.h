#pragma once

#include <strata/layers/convolutional/transposed_convolution.h>

namespace strata {

// x (N, H, W, C) -> (N, H', W', filters), with a kernel (kh, kw, filters, C).
struct Conv2DTranspose {
  Required<std::int64_t> filters = unset;
  Required<Sizes<2>> kernel_size = unset;
  Sizes<2> strides = 1;
  std::string padding = "valid";
  std::optional<Sizes<2>> output_padding = {};
  std::optional<std::string> data_format = {};
  Sizes<2> dilation_rate = 1;
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
    return describe<Conv2DTranspose>("Conv2DTranspose",
        "The transpose of a convolution over images: what a convolution makes smaller, it makes larger.",
        filters_field<Conv2DTranspose>(), kernel_window_fields<Conv2DTranspose>(), padding_field<Conv2DTranspose>(),
        output_padding_field<Conv2DTranspose>(), data_format_field<Conv2DTranspose>(), dilation_field<Conv2DTranspose>(),
        convolution_output_fields<Conv2DTranspose>(), kernel_fields<Conv2DTranspose>(), bias_fields<Conv2DTranspose>(),
        activity_field<Conv2DTranspose>(), layer_fields<Conv2DTranspose>())
        .also_named({"Convolution2DTranspose"});
  }

  Value call(Scope& s, Value x) const { return transposed_convolved("Conv2DTranspose", *this, s, x); }
};

}  // namespace strata
