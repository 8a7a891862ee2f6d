#include <strata/layers/reshaping/repeat_vector.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, RepeatVector) { ordeal(RepeatVector{.n = 3}, {floats({2, 4})}); }

}  // namespace strata
