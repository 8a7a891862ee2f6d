#include <strata/layers/image_preprocessing/random_contrast.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, RandomContrast) { ordeal(RandomContrast{.factor = 0.5, .value_range = {-9, 9}}, {floats({2, 6, 5, 3})}); }

}  // namespace strata
