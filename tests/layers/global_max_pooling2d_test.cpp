#include <strata/layers/pooling/global_max_pooling2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GlobalMaxPooling2D) { ordeal(GlobalMaxPooling2D{}, {floats({2, 5, 4, 3})}); }

}  // namespace strata
