// What the convolutional layers share: rows of their schemas, and what lies around the convolution itself.
#pragma once

#include <algorithm>
#include <string>

#include <strata/activation.h>
#include <strata/layers/window.h>

namespace strata {

template <class T>
Field filters_field() {
  return field("filters", &T::filters, "Number of channels of the output.", at_least(1));
}
template <class T>
Fields kernel_window_fields() {
  return {field("kernel_size", &T::kernel_size, "Size of the kernel along each spatial axis.", at_least(1)),
          field("strides", &T::strides, "Steps of the kernel along each spatial axis.", at_least(1))};
}
template <class T>
Field padding_field() {
  return field("padding", &T::padding, "valid: none; same: zeros, so that stride 1 keeps the size.", one_of({"valid", "same"}));
}
template <class T>
Field dilation_field() {
  return field("dilation_rate", &T::dilation_rate, "Distance between neighbouring elements of the kernel in the input.", at_least(1));
}
template <class T>
Field groups_field() {
  return field("groups", &T::groups, "Parts of the channels, each seen by its own part of the filters.", at_least(1));
}
template <class T>
Field depth_multiplier_field() {
  return field("depth_multiplier", &T::depth_multiplier, "Filters for each channel of the input.", at_least(1));
}
template <class T>
Fields convolution_output_fields() {
  return {field("activation", &T::activation, "Function applied to every element."),
          field("use_bias", &T::use_bias, "Whether a bias is added.")};
}
template <class T>
Fields depthwise_fields() {
  return {field("depthwise_initializer", &T::depthwise_initializer, "How the depthwise kernel begins."),
          field("depthwise_regularizer", &T::depthwise_regularizer, "Penalty on the depthwise kernel."),
          field("depthwise_constraint", &T::depthwise_constraint, "Projection of the depthwise kernel after each update.")};
}
template <class T>
Fields pointwise_fields() {
  return {field("pointwise_initializer", &T::pointwise_initializer, "How the kernel that mixes the channels begins."),
          field("pointwise_regularizer", &T::pointwise_regularizer, "Penalty on the kernel that mixes the channels."),
          field("pointwise_constraint", &T::pointwise_constraint, "Projection of the kernel that mixes the channels after each update.")};
}

template <class T>
Window kernel_window(const T& layer) {
  return {.size = layer.kernel_size->vector(), .strides = layer.strides.vector(), .dilation = layer.dilation_rate.vector(),
          .padding = padding_mode(layer.padding)};
}

// As Keras.
inline void check_strides_or_dilation(const std::string& name, const Window& window) {
  const auto above_1 = [](const std::vector<std::int64_t>& v) { return std::any_of(v.begin(), v.end(), [](auto n) { return n > 1; }); };
  if (above_1(window.strides) && above_1(window.dilation))
    throw Error(ErrorKind::spec, name + ": strides " + by_axis(window.strides) + " and dilation_rate " + by_axis(window.dilation) +
                                     " cannot both be above 1", "let one of them be 1");
}

// y (N, spatial..., channels) with bias and activation, in the layer's data format.
template <class T>
Value convolution_output(const T& layer, Scope& s, Value y) {
  if (layer.use_bias)
    y = y + s.weight("bias", {y.dim(-1)}, {layer.bias_initializer, layer.bias_regularizer, layer.bias_constraint});
  return from_channels_last(layer.activation(y), layer.data_format);
}

// x (N, spatial..., C) with a kernel (size..., C, multiplier): each channel with its own filters.
inline Value depthwise_convolution(Value x, Value kernel, const Window& window) {
  const Dim channels = kernel.dim(-2), filters = channels * kernel.dim(-1);
  const Shape each = kernel.shape().slice(0, kernel.rank() - 2) + Shape{1, filters};
  return convolution(x, reshape(kernel, each), window, channels.value());
}

// The input of a layer with a kernel, in channels_last.
inline Value convolution_input(const std::string& name, Value input, const Window& window, const std::optional<std::string>& data_format) {
  check_spatial(name, input, static_cast<int>(window.size.size()), data_format);
  const Value x = to_channels_last(input, data_format);
  check_window(name, "kernel", "a kernel_size", x, window);
  if (!x.dim(-1).is_known())
    throw Error(ErrorKind::spec, name + ": the channels of its input " + input.shape().str() + " have no number: its kernel needs one",
                "give the channels a number where the input is declared");
  return x;
}

// Conv1D, Conv2D, Conv3D: cross-correlation with a kernel (size..., C / groups, filters).
template <class T>
Value convolved(const std::string& name, const T& layer, Scope& s, Value input) {
  const Window window = kernel_window(layer);
  const std::int64_t filters = *layer.filters, groups = layer.groups;
  const Value x = convolution_input(name, input, window, layer.data_format);
  check_strides_or_dilation(name, window);
  if (filters % groups != 0)
    throw Error(ErrorKind::spec, name + ": filters " + std::to_string(filters) + " do not divide into " + std::to_string(groups) + " groups");
  if (x.dim(-1).value() % groups != 0)
    throw Error(ErrorKind::spec, name + ": the " + x.dim(-1).str() + " channels of its input " + x.shape().str() + " do not divide into " +
                                     std::to_string(groups) + " groups");
  const Shape shape = Shape::of(window.size) + Shape{floor_div(x.dim(-1), groups), filters};
  const Value kernel = s.weight("kernel", shape, {layer.kernel_initializer, layer.kernel_regularizer, layer.kernel_constraint});
  return convolution_output(layer, s, convolution(x, kernel, window, groups));
}

// DepthwiseConv1D, DepthwiseConv2D: a kernel (size..., C, depth_multiplier).
template <class T>
Value depthwise_convolved(const std::string& name, const T& layer, Scope& s, Value input) {
  const Window window = kernel_window(layer);
  const Value x = convolution_input(name, input, window, layer.data_format);
  const Shape shape = Shape::of(window.size) + Shape{x.dim(-1), layer.depth_multiplier};
  const Value kernel = s.weight("kernel", shape, {layer.depthwise_initializer, layer.depthwise_regularizer, layer.depthwise_constraint});
  return convolution_output(layer, s, depthwise_convolution(x, kernel, window));
}

// SeparableConv1D, SeparableConv2D: a depthwise convolution, then one of size 1 that mixes the channels.
template <class T>
Value separably_convolved(const std::string& name, const T& layer, Scope& s, Value input) {
  const Window window = kernel_window(layer);
  const Value x = convolution_input(name, input, window, layer.data_format);
  const Shape depthwise = Shape::of(window.size) + Shape{x.dim(-1), layer.depth_multiplier};
  Shape pointwise = depthwise;
  for (int i = 0; i + 2 < pointwise.rank(); ++i) pointwise[i] = 1;
  pointwise[-2] = x.dim(-1) * Dim(layer.depth_multiplier);
  pointwise[-1] = *layer.filters;
  const Value each = s.weight("depthwise_kernel", depthwise,
                              {layer.depthwise_initializer, layer.depthwise_regularizer, layer.depthwise_constraint});
  const Value mixing = s.weight("pointwise_kernel", pointwise,
                                {layer.pointwise_initializer, layer.pointwise_regularizer, layer.pointwise_constraint});
  return convolution_output(layer, s, convolution(depthwise_convolution(x, each, window), mixing, {}));
}

}  // namespace strata
