#include <strata/layers/normalization/rms_normalization.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, RMSNormalization) { ordeal(RMSNormalization{}, {floats({2, 3, 4})}); }

}  // namespace strata
