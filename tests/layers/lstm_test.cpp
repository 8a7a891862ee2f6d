#include <strata/layers/rnn/lstm.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, LSTM) {
  ordeal(LSTM{.units = 3, .dropout = 0.3, .recurrent_dropout = 0.2, .return_sequences = true, .return_state = true},
         {floats({2, 4, 3})});
}

}  // namespace strata
