#include <strata/layers/attention/additive_attention.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, AdditiveAttention) {
  ordeal(AdditiveAttention{.dropout = 0.3}, {floats({2, 4, 3}), floats({2, 5, 3})});
}

}  // namespace strata
