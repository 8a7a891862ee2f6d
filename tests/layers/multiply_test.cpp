#include <strata/layers/merging/multiply.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Multiply) { ordeal(Multiply{}, {floats({2, 3}), floats({2, 1})}); }

}  // namespace strata
