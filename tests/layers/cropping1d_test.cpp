#include <strata/layers/reshaping/cropping1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Cropping1D) { ordeal(Cropping1D{.cropping = {2, 0}}, {floats({2, 5, 2})}); }

}  // namespace strata
