#include <strata/layers/merging/minimum.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Minimum) { ordeal(Minimum{}, {floats({2, 3}), floats({2, 3})}); }

}  // namespace strata
