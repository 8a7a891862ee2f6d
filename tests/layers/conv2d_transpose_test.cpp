#include <strata/layers/convolutional/conv2d_transpose.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Conv2DTranspose) {
  ordeal(Conv2DTranspose{.filters = 4, .kernel_size = {3, 2}, .strides = {2, 3}, .padding = "same", .activation = "tanh"},
         {floats({2, 4, 3, 5})});
}

}  // namespace strata
