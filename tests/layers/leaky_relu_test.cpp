#include <strata/layers/activations/leaky_relu.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, LeakyReLU) { ordeal(LeakyReLU{}, {floats({3, 7})}); }

}  // namespace strata
