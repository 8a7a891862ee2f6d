#include <strata/layers/activations/relu.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, ReLU) { ordeal(ReLU{.max_value = 1.5, .negative_slope = 0.1, .threshold = 0.2}, {floats({3, 7})}); }

}  // namespace strata
