#include <strata/layers/regularization/gaussian_noise.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GaussianNoise) { ordeal(GaussianNoise{.stddev = 0.4, .seed = 3}, {floats({4, 5})}); }

}  // namespace strata
