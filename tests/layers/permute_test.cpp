#include <strata/layers/reshaping/permute.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Permute) { ordeal(Permute{.dims = {2, 1}}, {floats({2, 3, 4})}); }

}  // namespace strata
