#pragma once

#include <strata/layers/convolutional/transposed_convolution.h>

namespace strata {

// x (N, T, C) -> (N, T', filters), with a kernel (k, filters, C).
struct Conv1DTranspose {
  Required<std::int64_t> filters = unset;
  Required<Sizes<1>> kernel_size = unset;
  Sizes<1> strides = 1;
  std::string padding = "valid";
  std::optional<Sizes<1>> output_padding = {};
  std::optional<std::string> data_format = {};
  Sizes<1> dilation_rate = 1;
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
    return describe<Conv1DTranspose>("Conv1DTranspose",
        "The transpose of a convolution over sequences: what a convolution makes smaller, it makes larger.",
        filters_field<Conv1DTranspose>(), kernel_window_fields<Conv1DTranspose>(), padding_field<Conv1DTranspose>(),
        output_padding_field<Conv1DTranspose>(), data_format_field<Conv1DTranspose>(), dilation_field<Conv1DTranspose>(),
        convolution_output_fields<Conv1DTranspose>(), kernel_fields<Conv1DTranspose>(), bias_fields<Conv1DTranspose>(),
        activity_field<Conv1DTranspose>(), layer_fields<Conv1DTranspose>())
        .also_named({"Convolution1DTranspose"});
  }

  Value call(Scope& s, Value x) const { return transposed_convolved("Conv1DTranspose", *this, s, x); }
};

}  // namespace strata
