#include <strata/layers/image_preprocessing/random_zoom.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, RandomZoom) { ordeal(RandomZoom{.height_factor = 0.4}, {floats({2, 6, 5, 3})}); }

}  // namespace strata
