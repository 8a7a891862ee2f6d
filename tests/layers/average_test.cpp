#include <strata/layers/merging/average.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Average) { ordeal(Average{}, {floats({2, 3}), floats({2, 3}), floats({2, 3})}); }

}  // namespace strata
