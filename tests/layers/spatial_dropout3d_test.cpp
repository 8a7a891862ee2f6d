#include <strata/layers/regularization/spatial_dropout3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, SpatialDropout3D) { ordeal(SpatialDropout3D{.rate = 0.4}, {floats({4, 2, 3, 2, 5})}); }

}  // namespace strata
