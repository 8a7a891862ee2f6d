#include <strata/layers/pooling/global_max_pooling3d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GlobalMaxPooling3D) {
  ordeal(GlobalMaxPooling3D{.data_format = "channels_first"},
         {floats({2, 3, 4, 2, 3})});
}

}  // namespace strata
