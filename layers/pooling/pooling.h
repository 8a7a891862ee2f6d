// What the pooling layers share.
#pragma once

#include <string>
#include <string_view>

#include <strata/layers/window.h>

namespace strata {

template <class T>
Fields pool_fields(std::string_view padding) {
  return {field("pool_size", &T::pool_size, "Size of a window along each spatial axis.", at_least(1)),
          field("strides", &T::strides, "Steps of the window along each spatial axis; null: the pool's size.", at_least(1)),
          field("padding", &T::padding, padding, one_of({"valid", "same"})), data_format_field<T>()};
}
template <class T>
Fields max_pool_fields() { return pool_fields<T>("valid: whole windows only; same: every element lies in a window."); }
template <class T>
Fields average_pool_fields() { return pool_fields<T>("valid: whole windows only; same: windows at the edge count only what lies inside."); }

template <class T>
Fields global_pool_fields() {
  return {data_format_field<T>(), field("keepdims", &T::keepdims, "Whether the axes that it is taken over stay, with one element.")};
}

template <int N, class T>
Value pooled(const std::string& name, const T& layer, Value input, Value (*pool)(Value, const Window&)) {
  const Sizes<N> size = layer.pool_size;
  check_spatial(name, input, N, layer.data_format);
  const Value x = to_channels_last(input, layer.data_format);
  const Window window{.size = size.vector(), .strides = layer.strides.value_or(size).vector(), .padding = padding_mode(layer.padding)};
  check_window(name, "pool", "a pool_size", x, window);
  return from_channels_last(pool(x, window), layer.data_format);
}

// The axes that a global pool is taken over.
inline Axes spatial_axes(const std::string& name, Value x, int spatial, const std::optional<std::string>& data_format) {
  check_spatial(name, x, spatial, data_format);
  Axes axes;
  for (int i = 0; i < spatial; ++i) axes.push_back(i + (is_channels_first(data_format) ? 2 : 1));
  return axes;
}

}  // namespace strata
