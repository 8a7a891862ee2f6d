#include <strata/layers/pooling/global_average_pooling3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GlobalAveragePooling3D) { ordeal(GlobalAveragePooling3D{.keepdims = true}, {floats({2, 3, 4, 2, 3})}); }

}  // namespace strata
