#include <strata/layers/rnn/stacked_rnn_cells.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, StackedRNNCells) { ordeal(StackedRNNCells{.cells = {LSTMCell{.units = 3}, GRUCell{.units = 2}}}, {floats({2, 4}), floats({2, 3}), floats({2, 3}), floats({2, 2})}); }

}  // namespace strata
