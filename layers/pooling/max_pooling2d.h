#pragma once

#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

namespace strata {

// x (N, H, W, C) -> (N, H', W', C).
struct MaxPooling2D {
  Sizes<2> pool_size = 2;
  std::optional<Sizes<2>> strides = {};
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<MaxPooling2D>("MaxPooling2D", "The largest element of each window.",
        field("pool_size", &MaxPooling2D::pool_size, "Height and width of a window.", at_least(1)),
        field("strides", &MaxPooling2D::strides, "Steps of the window along height and width; null: the pool's size.", at_least(1)),
        field("padding", &MaxPooling2D::padding, "valid: whole windows only; same: every element lies in a window.",
              one_of({"valid", "same"})),
        data_format_field<MaxPooling2D>(), activity_field<MaxPooling2D>(), layer_fields<MaxPooling2D>());
  }

  Value call(Scope&, Value input) const {
    check_image("MaxPooling2D", input, data_format);
    const Value x = to_channels_last(input, data_format);
    const Window window{.size = pool_size.vector(), .strides = strides.value_or(pool_size).vector(),
                        .padding = padding_mode(padding)};
    check_window("MaxPooling2D", "pool", "a pool_size", x, window);
    return from_channels_last(max_pool(x, window), data_format);
  }
};

}  // namespace strata
