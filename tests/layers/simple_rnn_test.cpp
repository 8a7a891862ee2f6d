#include <strata/layers/rnn/simple_rnn.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, SimpleRNN) {
  ordeal(SimpleRNN{.units = 3, .return_sequences = true, .go_backwards = true},
         {floats({2, 4, 3})});
}

}  // namespace strata
