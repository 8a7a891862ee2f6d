#include <strata/layers/convolutional/conv1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Conv1D) {
  ordeal(Conv1D{.filters = 4, .kernel_size = 3, .padding = "causal", .dilation_rate = 2, .groups = 2, .activation = "tanh"},
         {floats({2, 7, 4})});
}

}  // namespace strata
