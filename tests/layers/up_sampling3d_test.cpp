#include <strata/layers/reshaping/up_sampling3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, UpSampling3D) { ordeal(UpSampling3D{.size = {1, 3, 2}}, {floats({2, 2, 3, 2, 2})}); }

}  // namespace strata
