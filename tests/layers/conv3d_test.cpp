#include <strata/layers/convolutional/conv3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Conv3D) {
  ordeal(Conv3D{.filters = 2, .kernel_size = {2, 3, 2}, .strides = {1, 2, 2}, .padding = "same"},
         {floats({2, 3, 4, 3, 2})});
}

}  // namespace strata
