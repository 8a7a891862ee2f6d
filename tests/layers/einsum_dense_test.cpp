#include <strata/layers/core/einsum_dense.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, EinsumDense) {
  ordeal(EinsumDense{.equation = "abc,cde->abde", .output_shape = {5, 2, 3}, .activation = "tanh", .bias_axes = "be"},
         {floats({2, 5, 4})});
}

}  // namespace strata
