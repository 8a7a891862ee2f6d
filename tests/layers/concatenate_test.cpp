#include <strata/layers/merging/concatenate.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Concatenate) { ordeal(Concatenate{.axis = 1}, {floats({2, 3, 4}), floats({2, 1, 4})}); }

}  // namespace strata
