#include <strata/layers/pooling/max_pooling3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, MaxPooling3D) {
  ordeal(MaxPooling3D{.pool_size = {2, 3, 2}, .strides = 2, .padding = "same"},
         {floats({2, 3, 4, 5, 2})});
}

}  // namespace strata
