#include <strata/layers/core/masking.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Masking) { ordeal(Masking{}, {floats({2, 3, 2})}); }

}  // namespace strata
