#include <strata/layers/reshaping/flatten.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Flatten) { ordeal(Flatten{.data_format = "channels_first"}, {floats({2, 3, 4, 2})}); }

}  // namespace strata
