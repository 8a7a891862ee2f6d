#include <strata/layers/convolutional/conv2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Conv2D) {
  ordeal(Conv2D{.filters = 4, .kernel_size = {3, 2}, .strides = {2, 1}, .padding = "same", .groups = 2, .activation = "tanh"},
         {floats({2, 5, 4, 6})});
}

}  // namespace strata
