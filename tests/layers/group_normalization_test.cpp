#include <strata/layers/normalization/group_normalization.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GroupNormalization) { ordeal(GroupNormalization{.groups = 2}, {floats({2, 3, 2, 4})}); }

}  // namespace strata
