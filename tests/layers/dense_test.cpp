#include <strata/layers/core/dense.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Dense) { ordeal(Dense{.units = 3, .activation = "tanh"}, {floats({2, 3, 4})}); }

}  // namespace strata
