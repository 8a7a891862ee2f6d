#include <strata/layers/image_preprocessing/center_crop.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, CenterCrop) { ordeal(CenterCrop{.height = 3, .width = 4}, {floats({2, 6, 5, 3})}); }

}  // namespace strata
