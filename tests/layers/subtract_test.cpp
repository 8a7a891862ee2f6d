#include <strata/layers/merging/subtract.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Subtract) { ordeal(Subtract{}, {floats({2, 3}), floats({2, 3})}); }

}  // namespace strata
