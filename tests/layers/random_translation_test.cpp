#include <strata/layers/image_preprocessing/random_translation.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, RandomTranslation) { ordeal(RandomTranslation{.height_factor = 0.3, .width_factor = Config::List{-0.2, 0.4}}, {floats({2, 6, 5, 3})}); }

}  // namespace strata
