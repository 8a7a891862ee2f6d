#include <gmock/gmock.h>

#include <strata/layers/core/dense.h>
#include <strata/layers/rnn/bidirectional.h>
#include <strata/layers/rnn/gru.h>
#include <strata/layers/rnn/lstm.h>

#include "layers/ordeal.h"
#include "layers/tracing.h"

namespace strata {

TEST(Layers, Bidirectional) {
  ordeal(Bidirectional{.layer = LSTM{.units = 2, .dropout = 0.3, .return_sequences = true, .return_state = true}}, {floats({2, 4, 3})});
}

TEST(Layers, BidirectionalSaysWhatDoesNotFit) {
  const std::vector<Shape> x{{2, 4, 3}};
  EXPECT_THAT(error_of(Bidirectional{.layer = Dense{.units = 2}}, x), testing::HasSubstr("takes a recurrent layer (LSTM, GRU, SimpleRNN, RNN); received Dense"));
  EXPECT_THAT(error_of(Bidirectional{.layer = GRU{.units = 2}, .backward_layer = GRU{.units = 2}}, x), testing::HasSubstr("go the same way"));
  EXPECT_THAT(error_of(Bidirectional{.layer = GRU{.units = 2}, .backward_layer = GRU{.units = 2, .return_sequences = true, .go_backwards = true}}, x),
              testing::HasSubstr("differ in return_sequences"));
  EXPECT_THAT(error_of(Bidirectional{.layer = GRU{.units = 2}}, {{2, 4, 3}, {2, 2}}), testing::HasSubstr("as many of the backward one; 2 inputs"));
}

// Two halves of a sequence, one after the other, are the whole, for the layer that goes forward.
TEST(Layers, BidirectionalKeepsItsStates) {
  Traced t = trace_layer(Bidirectional{.layer = LSTM{.units = 4, .stateful = true}}, {{DType::float64, {2, 3, 3}}}, true);
  for (const char* path : {"layer/forward_lstm/h", "layer/forward_lstm/c", "layer/backward_lstm/h", "layer/backward_lstm/c"})
    EXPECT_TRUE(t.variables->find(path)) << path;
  t.trace->finish();
  EXPECT_EQ(t.graph().updates.size(), 4u);
}

}  // namespace strata
