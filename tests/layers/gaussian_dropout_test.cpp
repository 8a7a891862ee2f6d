#include <strata/layers/regularization/gaussian_dropout.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GaussianDropout) { ordeal(GaussianDropout{.rate = 0.4, .seed = 3}, {floats({4, 5})}); }

}  // namespace strata
