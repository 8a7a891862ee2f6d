#include <strata/layers/pooling/average_pooling1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, AveragePooling1D) {
  ordeal(AveragePooling1D{.pool_size = 3, .strides = 2, .padding = "same"},
         {floats({2, 5, 3})});
}

}  // namespace strata
