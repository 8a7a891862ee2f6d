#include <strata/layers/regularization/alpha_dropout.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, AlphaDropout) { ordeal(AlphaDropout{.rate = 0.4, .seed = 3}, {floats({4, 5})}); }

}  // namespace strata
