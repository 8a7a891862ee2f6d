#pragma once

#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

namespace strata {

// x (N, H, W, C) -> (N, H', W', C).
struct AveragePooling2D {
  Sizes<2> pool_size = 2;
  std::optional<Sizes<2>> strides = {};
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<AveragePooling2D>("AveragePooling2D", "The mean of each window.",
        field("pool_size", &AveragePooling2D::pool_size, "Height and width of a window.", at_least(1)),
        field("strides", &AveragePooling2D::strides, "Steps of the window along height and width; null: the pool's size.", at_least(1)),
        field("padding", &AveragePooling2D::padding, "valid: whole windows only; same: windows at the edge count only what lies inside.",
              one_of({"valid", "same"})),
        data_format_field<AveragePooling2D>(), activity_field<AveragePooling2D>(), layer_fields<AveragePooling2D>());
  }

  Value call(Scope&, Value input) const {
    check_image("AveragePooling2D", input, data_format);
    const Value x = to_channels_last(input, data_format);
    const Window window{.size = pool_size.vector(), .strides = strides.value_or(pool_size).vector(),
                        .padding = padding_mode(padding)};
    check_window("AveragePooling2D", "pool", "a pool_size", x, window);
    return from_channels_last(average_pool(x, window), data_format);
  }
};

}  // namespace strata
