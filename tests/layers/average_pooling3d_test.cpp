#include <strata/layers/pooling/average_pooling3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, AveragePooling3D) {
  ordeal(AveragePooling3D{.pool_size = {2, 3, 2}, .strides = 2, .padding = "same"},
         {floats({2, 3, 4, 5, 2})});
}

}  // namespace strata
