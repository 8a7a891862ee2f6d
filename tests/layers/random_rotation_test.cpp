#include <strata/layers/image_preprocessing/random_rotation.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, RandomRotation) { ordeal(RandomRotation{.factor = 0.2}, {floats({2, 6, 5, 3})}); }

}  // namespace strata
