#include <strata/layers/convolutional/separable_conv1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, SeparableConv1D) {
  ordeal(SeparableConv1D{.filters = 3, .kernel_size = 3, .strides = 2, .activation = "tanh"},
         {floats({2, 7, 4})});
}

}  // namespace strata
