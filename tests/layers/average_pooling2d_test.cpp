#include <strata/layers/pooling/average_pooling2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, AveragePooling2D) {
  ordeal(AveragePooling2D{.pool_size = {3, 2}, .strides = 2, .padding = "same"},
         {floats({2, 5, 4, 3})});
}

}  // namespace strata
