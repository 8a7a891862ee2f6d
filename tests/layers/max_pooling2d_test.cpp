#include <strata/layers/pooling/max_pooling2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, MaxPooling2D) {
  ordeal(MaxPooling2D{.pool_size = {3, 2}, .strides = 2, .padding = "same"},
         {floats({2, 5, 4, 3})});
}

}  // namespace strata
