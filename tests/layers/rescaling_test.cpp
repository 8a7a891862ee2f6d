#include <strata/layers/preprocessing/rescaling.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Rescaling) { ordeal(Rescaling{.scale = 0.5, .offset = Config::List{1.0, 2.0, 3.0}}, {floats({4, 3})}); }

}  // namespace strata
