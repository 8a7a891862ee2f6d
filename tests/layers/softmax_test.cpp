#include <strata/layers/activations/softmax.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Softmax) { ordeal(Softmax{.axis = 1}, {floats({2, 3, 4})}); }

}  // namespace strata
