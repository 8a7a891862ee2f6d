#include <strata/layers/core/dense.h>
#include <strata/layers/core/embedding.h>
#include <strata/layers/rnn/lstm.h>

#include "benchmarks/peers/models.h"

namespace strata::peers {

Model lstm_classifier(RunOptions run) {
  const LayerOutput x = Input({100, 128});
  return Model(x, x | LSTM{.units = 128} | Dense{.units = 1}, {}, std::move(run));
}

Model imdb_lstm(RunOptions run) {
  const LayerOutput x = Input({80}, {.dtype = DType::int32});
  return Model(x, x | Embedding{.input_dim = 20000, .output_dim = 128} | LSTM{.units = 128} | Dense{.units = 1}, {}, std::move(run));
}

}  // namespace strata::peers
