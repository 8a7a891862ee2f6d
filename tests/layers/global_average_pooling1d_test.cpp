#include <strata/layers/pooling/global_average_pooling1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GlobalAveragePooling1D) { ordeal(GlobalAveragePooling1D{}, {floats({2, 5, 3})}); }

}  // namespace strata
