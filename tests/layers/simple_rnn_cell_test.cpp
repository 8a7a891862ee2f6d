#include <strata/layers/rnn/simple_rnn_cell.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, SimpleRNNCell) { ordeal(SimpleRNNCell{.units = 3}, {floats({2, 4}), floats({2, 3})}); }

}  // namespace strata
