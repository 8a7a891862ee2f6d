#include <strata/layers/normalization/batch_normalization.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, BatchNormalization) { ordeal(BatchNormalization{.axis = 1, .momentum = 0.9}, {floats({3, 2, 4})}); }

}  // namespace strata
