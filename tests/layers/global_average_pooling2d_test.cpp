#include <strata/layers/pooling/global_average_pooling2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GlobalAveragePooling2D) { ordeal(GlobalAveragePooling2D{.keepdims = true}, {floats({2, 5, 4, 3})}); }

}  // namespace strata
