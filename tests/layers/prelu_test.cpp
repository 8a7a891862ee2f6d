#include <strata/layers/activations/prelu.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, PReLU) {
  ordeal(PReLU{.alpha_initializer = "ones", .shared_axes = std::vector<std::int64_t>{1}},
         {floats({2, 3, 4})});
}

}  // namespace strata
