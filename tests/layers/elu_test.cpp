#include <strata/layers/activations/elu.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, ELU) { ordeal(ELU{.alpha = 0.7}, {floats({3, 7})}); }

}  // namespace strata
