#include <strata/layers/core/embedding.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Embedding) { ordeal(Embedding{.input_dim = 6, .output_dim = 3, .mask_zero = true}, {indices({2, 4}, 6)}); }

}  // namespace strata
