#include <strata/layers/core/identity.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Identity) { ordeal(Identity{}, {floats({2, 3})}); }

}  // namespace strata
