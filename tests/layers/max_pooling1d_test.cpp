#include <strata/layers/pooling/max_pooling1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, MaxPooling1D) {
  ordeal(MaxPooling1D{.pool_size = 3, .strides = 2, .padding = "same"},
         {floats({2, 5, 3})});
}

}  // namespace strata
