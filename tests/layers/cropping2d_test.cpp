#include <strata/layers/reshaping/cropping2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Cropping2D) {
  ordeal(Cropping2D{.cropping = Config::List{Config::List{1, 0}, Config::List{0, 2}}}, {floats({2, 3, 4, 2})});
}

}  // namespace strata
