#include <strata/layers/convolutional/separable_conv2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, SeparableConv2D) {
  ordeal(SeparableConv2D{.filters = 4, .kernel_size = {3, 2}, .padding = "same", .depth_multiplier = 2},
         {floats({2, 5, 4, 3})});
}

}  // namespace strata
