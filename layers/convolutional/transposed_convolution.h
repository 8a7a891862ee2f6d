// Conv1DTranspose, Conv2DTranspose, Conv3DTranspose: the transpose of a convolution, with the lengths that Keras gives it.
#pragma once

#include <strata/layers/convolutional/convolution.h>

namespace strata {

template <class T>
Field output_padding_field() {
  return field("output_padding", &T::output_padding, "Elements more at the end of each spatial axis of the output, below strides; null: as padding says.",
               at_least(0));
}

// Along an axis of n elements, with a kernel that spans k of the output and stride s, the output has
//   valid  (n - 1) s + max(k, s), with output_padding p  (n - 1) s + k + p
//   same   n s,                   with output_padding p  (n - 1) s + k mod 2 + p
// Source: Keras, compute_conv_transpose_output_shape.
template <class T>
Value transposed_convolved(const std::string& name, const T& layer, Scope& s, Value input) {
  const Window window = kernel_window(layer);
  const std::size_t spatial = window.size.size();
  check_spatial(name, input, static_cast<int>(spatial), layer.data_format);
  check_strides_or_dilation(name, window);
  const Value x = to_channels_last(input, layer.data_format);
  std::vector<Dim> lengths;
  std::vector<bool> without_first(spatial);
  for (std::size_t i = 0; i < spatial; ++i) {
    const std::int64_t k = (window.size[i] - 1) * window.dilation[i] + 1, stride = window.strides[i];
    const Dim steps = (x.dim(static_cast<int>(i) + 1) - Dim(1)) * Dim(stride);
    if (!layer.output_padding) {
      lengths.push_back(steps + Dim(window.padding == PaddingMode::valid ? std::max(k, stride) : stride));
      continue;
    }
    const std::int64_t more = (*layer.output_padding)[static_cast<int>(i)];
    if (more >= stride)
      throw Error(ErrorKind::spec, name + ": output_padding " + by_axis(layer.output_padding->vector()) + " must be below strides " +
                                       by_axis(window.strides));
    // `same` without any element more drops the element before the first window's.
    without_first[i] = window.padding == PaddingMode::same && k % 2 + more == 0;
    lengths.push_back(steps + Dim(window.padding == PaddingMode::valid ? k + more : std::max<std::int64_t>(k % 2 + more, 1)));
  }
  const Shape shape = Shape::of(window.size) + Shape{*layer.filters, x.dim(-1)};
  const Value kernel = s.weight("kernel", shape, {layer.kernel_initializer, layer.kernel_regularizer, layer.kernel_constraint});
  Value y = convolution_transpose(x, kernel, lengths, window);
  for (std::size_t i = 0; i < spatial; ++i) {
    if (!without_first[i]) continue;
    if (lengths[i] == Dim(1))
      throw Error(ErrorKind::spec, name + ": nothing is left of axis " + std::to_string(i + 1) + " of its input " + x.shape().str(),
                  "a larger output_padding, or none, leaves something");
    y = slice(y, static_cast<int>(i) + 1, 1, lengths[i]);
  }
  return convolution_output(layer, s, y);
}

}  // namespace strata
