#include <strata/layers/activations/activation.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Activation) { ordeal(ActivationLayer{.activation = "tanh"}, {floats({3, 4})}); }

}  // namespace strata
