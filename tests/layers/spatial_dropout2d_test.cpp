#include <strata/layers/regularization/spatial_dropout2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, SpatialDropout2D) {
  ordeal(SpatialDropout2D{.rate = 0.4, .data_format = "channels_first"},
         {floats({4, 5, 3, 2})});
}

}  // namespace strata
