#include <strata/layers/merging/add.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Add) { ordeal(Add{}, {floats({2, 3, 4}), floats({2, 1, 4}), floats({2, 4})}); }

}  // namespace strata
