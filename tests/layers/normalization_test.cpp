#include <strata/layers/preprocessing/normalization.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Normalization) {
  ordeal(Normalization{.mean = Config::List{1.0, 2.0, 3.0}, .variance = Config::List{1.0, 4.0, 0.0}},
         {floats({4, 3})});
}

}  // namespace strata
