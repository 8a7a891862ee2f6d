#include <strata/layers/pooling/global_max_pooling1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GlobalMaxPooling1D) { ordeal(GlobalMaxPooling1D{}, {floats({2, 5, 3})}); }

}  // namespace strata
