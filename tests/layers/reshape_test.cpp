#include <strata/layers/reshaping/reshape.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Reshape) { ordeal(Reshape{.target_shape = {-1, 2}}, {floats({2, 3, 4})}); }

}  // namespace strata
