#include <strata/layers/rnn/gru_cell.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GRUCell) { ordeal(GRUCell{.units = 3}, {floats({2, 4}), floats({2, 3})}); }

}  // namespace strata
