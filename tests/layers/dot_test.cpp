#include <strata/layers/merging/dot.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Dot) { ordeal(Dot{.axes = {2, 1}, .normalize = true}, {floats({2, 3, 4}), floats({2, 4, 5})}); }

}  // namespace strata
