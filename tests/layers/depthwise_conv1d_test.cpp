#include <strata/layers/convolutional/depthwise_conv1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, DepthwiseConv1D) {
  ordeal(DepthwiseConv1D{.kernel_size = 3, .dilation_rate = 2, .activation = "tanh"},
         {floats({2, 7, 4})});
}

}  // namespace strata
