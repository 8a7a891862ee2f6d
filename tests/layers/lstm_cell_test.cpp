#include <strata/layers/rnn/lstm_cell.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, LSTMCell) { ordeal(LSTMCell{.units = 3}, {floats({2, 3}), floats({2, 3}), floats({2, 3})}); }

}  // namespace strata
