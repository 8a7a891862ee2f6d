#pragma once

#include <strata/activation.h>
#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

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
        field("filters", &Conv2D::filters, "Number of channels of the output.", at_least(1)),
        field("kernel_size", &Conv2D::kernel_size, "Height and width of the kernel.", at_least(1)),
        field("strides", &Conv2D::strides, "Steps of the kernel along height and width.", at_least(1)),
        field("padding", &Conv2D::padding, "valid: none; same: zeros, so that stride 1 keeps the size.", one_of({"valid", "same"})),
        data_format_field<Conv2D>(),
        field("dilation_rate", &Conv2D::dilation_rate, "Distance between neighbouring elements of the kernel in the input.", at_least(1)),
        field("groups", &Conv2D::groups, "Parts of the channels, each seen by its own part of the filters.", at_least(1)),
        field("activation", &Conv2D::activation, "Function applied to every element."),
        field("use_bias", &Conv2D::use_bias, "Whether a bias is added."),
        kernel_fields<Conv2D>(), bias_fields<Conv2D>(), activity_field<Conv2D>(), layer_fields<Conv2D>());
  }

  Value call(Scope& s, Value input) const {
    check_image("Conv2D", input, data_format);
    const Value x = to_channels_last(input, data_format);
    const Window window{.size = kernel_size->vector(), .strides = strides.vector(), .dilation = dilation_rate.vector(),
                        .padding = padding_mode(padding)};
    check_window("Conv2D", "kernel", "a kernel_size", x, window);
    check_groups(x);
    if (!(strides == Sizes<2>(1)) && !(dilation_rate == Sizes<2>(1)))
      throw Error(ErrorKind::spec, "Conv2D: strides " + by_axis(window.strides) + " and dilation_rate " + by_axis(window.dilation) +
                                       " cannot both be above 1", "let one of them be 1");
    const Shape shape{(*kernel_size)[0], (*kernel_size)[1], floor_div(x.dim(-1), groups), *filters};
    Value y = convolution(x, s.weight("kernel", shape, {kernel_initializer, kernel_regularizer, kernel_constraint}), window, groups);
    if (use_bias) y = y + s.weight("bias", {*filters}, {bias_initializer, bias_regularizer, bias_constraint});
    return from_channels_last(activation(y), data_format);
  }

 private:
  void check_groups(Value x) const {
    if (*filters % groups != 0)
      throw Error(ErrorKind::spec, "Conv2D: filters " + std::to_string(*filters) + " do not divide into " + std::to_string(groups) + " groups");
    if (x.dim(-1).is_known() && x.dim(-1).value() % groups != 0)
      throw Error(ErrorKind::spec, "Conv2D: the " + x.dim(-1).str() + " channels of its input " + x.shape().str() + " do not divide into " +
                                       std::to_string(groups) + " groups");
  }
};

}  // namespace strata
