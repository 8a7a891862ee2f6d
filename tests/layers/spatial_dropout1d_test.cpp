#include <strata/layers/regularization/spatial_dropout1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, SpatialDropout1D) { ordeal(SpatialDropout1D{.rate = 0.4, .seed = 3}, {floats({4, 3, 5})}); }

}  // namespace strata
