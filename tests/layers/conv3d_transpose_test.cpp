#include <strata/layers/convolutional/conv3d_transpose.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Conv3DTranspose) {
  ordeal(Conv3DTranspose{.filters = 2, .kernel_size = 2, .strides = {1, 2, 3}, .use_bias = false},
         {floats({2, 2, 3, 2, 3})});
}

}  // namespace strata
