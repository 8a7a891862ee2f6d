#include <strata/layers/reshaping/up_sampling1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, UpSampling1D) { ordeal(UpSampling1D{.size = 3}, {floats({2, 3, 2})}); }

}  // namespace strata
