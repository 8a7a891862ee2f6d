#include <strata/layers/preprocessing/category_encoding.h>

#include <gmock/gmock.h>

#include "layers/ordeal.h"
#include "layers/tracing.h"

namespace strata {

using testing::HasSubstr;

TEST(Layers, CategoryEncoding) { ordeal(CategoryEncoding{.num_tokens = 5, .output_mode = "count"}, {indices({4, 6}, 5)}); }

TEST(CategoryEncoding, CountsWeights) {
  Traced t = trace_layer(CategoryEncoding{.num_tokens = 3, .output_mode = "count"}, {{DType::int64, {2, 3}}}, false, DType::float64,
                         {{"count_weights", {DType::float64, {2, 3}}}});
  t.graph().outputs.push_back(port(t.outputs[0]));
  auto none = t.values();
  // Numbers outside 0 ... 2 count nothing.
  const Tensor y = interpret(t.graph(), {{"0", Tensor::of<std::int64_t>({2, 3}, {0, 2, 2, 1, -1, 3})},
                                         {"count_weights", Tensor::of<double>({2, 3}, {0.5, 1, 2, 4, 8, 16})}}, none)[0];
  EXPECT_TRUE(same_bytes(y, Tensor::of<double>({2, 3}, {0.5, 0, 3, 0, 4, 0}))) << y.str();
}

TEST(CategoryEncoding, SaysWhatItTakes) {
  EXPECT_THAT(error_of(CategoryEncoding{.num_tokens = 3}, {{4}}), HasSubstr("takes rows of numbers, (batch, numbers); received (4,)"));
  EXPECT_THAT(error_of(CategoryEncoding{.num_tokens = 3, .sparse = true}, {{4, 2}}), HasSubstr("sparse: true is not supported"));
}

}  // namespace strata
