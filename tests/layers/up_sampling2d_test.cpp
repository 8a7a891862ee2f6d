#include <strata/layers/reshaping/up_sampling2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, UpSampling2D) {
  ordeal(UpSampling2D{.size = {3, 2}, .interpolation = "bilinear"},
         {floats({2, 3, 4, 2})});
}

}  // namespace strata
