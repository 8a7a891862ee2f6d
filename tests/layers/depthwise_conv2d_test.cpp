#include <strata/layers/convolutional/depthwise_conv2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, DepthwiseConv2D) {
  ordeal(DepthwiseConv2D{.kernel_size = {3, 2}, .strides = 2, .padding = "same", .depth_multiplier = 2},
         {floats({2, 5, 4, 3})});
}

}  // namespace strata
