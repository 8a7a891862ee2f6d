#include <strata/layers/convolutional/conv1d_transpose.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Conv1DTranspose) {
  ordeal(Conv1DTranspose{.filters = 3, .kernel_size = 4, .strides = 2, .padding = "same", .output_padding = 0},
         {floats({2, 5, 4})});
}

}  // namespace strata
