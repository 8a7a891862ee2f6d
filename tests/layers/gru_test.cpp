#include <strata/layers/rnn/gru.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GRU) {
  ordeal(GRU{.units = 3, .dropout = 0.3, .recurrent_dropout = 0.2, .return_sequences = true},
         {floats({2, 4, 3})});
}

}  // namespace strata
