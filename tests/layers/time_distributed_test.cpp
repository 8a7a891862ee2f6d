#include <gmock/gmock.h>

#include <strata/layers/core/dense.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/rnn/lstm.h>
#include <strata/layers/rnn/time_distributed.h>

#include "layers/ordeal.h"
#include "layers/tracing.h"

namespace strata {

TEST(Layers, TimeDistributed) {
  ordeal(TimeDistributed{.layer = Dense{.units = 2, .activation = "tanh"}}, {floats({2, 4, 3})});
}

// A layer that sees each row for itself is one call; one with statistics is called step after step.
TEST(Layers, TimeDistributedCallsALayerOnceWhereItCan) {
  const auto products = [](const Layer& layer) {
    Traced t = trace_layer(TimeDistributed{.layer = layer}, {{DType::float64, {2, 4, 3}}}, true);
    int n = 0;
    for (const OpNode& node : t.graph().nodes()) n += node.op->name == "matmul" || node.op->name == "batch_norm";
    return n;
  };
  EXPECT_EQ(products(Dense{.units = 2}), 1);
  EXPECT_EQ(products(BatchNormalization{}), 4);
  EXPECT_THAT(error_of(TimeDistributed{.layer = BatchNormalization{}}, {{2, Dim::symbol("steps"), 3}}),
              testing::HasSubstr("the number of steps must be known"));
  EXPECT_THAT(error_of(TimeDistributed{.layer = LSTM{.units = 2, .return_state = true}}, {{2, 4, 5, 3}}), testing::HasSubstr("a layer with one output"));
}

}  // namespace strata
