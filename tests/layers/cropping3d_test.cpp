#include <strata/layers/reshaping/cropping3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Cropping3D) {
  ordeal(Cropping3D{.cropping = Config::List{Config::List{1, 0}, Config::List{0, 2}, Config::List{0, 0}}},
         {floats({2, 3, 4, 2, 2})});
}

}  // namespace strata
