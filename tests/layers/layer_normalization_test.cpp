#include <strata/layers/normalization/layer_normalization.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, LayerNormalization) { ordeal(LayerNormalization{.axis = {1, 2}}, {floats({2, 3, 4})}); }

}  // namespace strata
