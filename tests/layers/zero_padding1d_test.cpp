#include <strata/layers/reshaping/zero_padding1d.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, ZeroPadding1D) { ordeal(ZeroPadding1D{.padding = {2, 1}}, {floats({2, 3, 2})}); }

}  // namespace strata
