#include <strata/layers/reshaping/zero_padding2d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, ZeroPadding2D) {
  ordeal(ZeroPadding2D{.padding = Config::List{Config::List{1, 0}, Config::List{0, 2}}},
         {floats({2, 3, 2, 2})});
}

}  // namespace strata
