#include <strata/layers/regularization/dropout.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Dropout) { ordeal(Dropout{.rate = 0.4, .seed = 3}, {floats({4, 5})}); }

}  // namespace strata
