#include <strata/layers/normalization/unit_normalization.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, UnitNormalization) { ordeal(UnitNormalization{.axis = {1, 2}}, {floats({2, 3, 4})}); }

}  // namespace strata
