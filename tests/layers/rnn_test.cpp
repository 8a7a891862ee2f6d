#include <gmock/gmock.h>

#include <strata/layers/core/dense.h>
#include <strata/layers/rnn/rnn.h>

#include "layers/ordeal.h"
#include "layers/tracing.h"

namespace strata {

TEST(Layers, RNN) {
  ordeal(RNN{.cell = StackedRNNCells{.cells = {LSTMCell{.units = 3, .dropout = 0.2}, GRUCell{.units = 2, .recurrent_dropout = 0.3}}},
             .return_sequences = true, .return_state = true},
         {floats({2, 4, 3})});
  EXPECT_THAT(error_of(RNN{.cell = Dense{.units = 2}}, {{2, 4, 3}}), testing::HasSubstr("RNN takes LSTMCell, GRUCell, SimpleRNNCell"));
}

TEST(Layers, RNNKeepsTheStatesOfAllCells) {
  Traced t = trace_layer(RNN{.cell = StackedRNNCells{.cells = {LSTMCell{.units = 3}, LSTMCell{.units = 2}}}, .stateful = true},
                         {{DType::float64, {2, 4, 3}}}, false);
  for (const char* path : {"layer/lstm_cell_h", "layer/lstm_cell_c", "layer/lstm_cell_1_h", "layer/lstm_cell_1_c"})
    EXPECT_TRUE(t.variables->find(path)) << path;
}

}  // namespace strata
