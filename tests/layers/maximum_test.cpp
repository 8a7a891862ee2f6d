#include <strata/layers/merging/maximum.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Maximum) { ordeal(Maximum{}, {floats({2, 3}), floats({2, 3})}); }

}  // namespace strata
