#include <strata/layers/image_preprocessing/random_brightness.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, RandomBrightness) { ordeal(RandomBrightness{.factor = 0.2, .value_range = {-9, 9}}, {floats({2, 6, 5, 3})}); }

}  // namespace strata
