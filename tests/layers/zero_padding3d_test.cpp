#include <strata/layers/reshaping/zero_padding3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, ZeroPadding3D) {
  ordeal(ZeroPadding3D{.padding = Config::List{1, 0, 2}, .data_format = "channels_first"},
         {floats({2, 2, 3, 4, 2})});
}

}  // namespace strata
