// What single layers do beyond their golden values: states between calls, masks on their way, random masks.
#include <gmock/gmock.h>

#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/core/embedding.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/merging/concatenate.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/preprocessing/normalization.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/layers/rnn/lstm.h>

#include "graph/examples.h"
#include "layers/golden.h"

namespace strata {
namespace {

const Dim batch = Dim::symbol("batch");

// Outputs of one run, with the variables' values moved on.
std::vector<Tensor> run(Traced& t, const std::map<std::string, Tensor>& inputs, std::map<std::int64_t, Tensor>& values) {
  t.graph().outputs.clear();
  for (const Value& y : t.outputs) t.graph().outputs.push_back(port(y));
  return interpret(t.graph(), inputs, values);
}

// Two halves of a sequence, one after the other, are the whole, in training and in prediction.
TEST(LSTM, KeepsItsStateBetweenBatches) {
  const Tensor x = example_tensor({{DType::float64, {2, 6, 3}}}, 1);
  const auto half = [&](int k) {
    Tensor part(DType::float64, {2, 3, 3});
    for (int n = 0; n < 2; ++n)
      for (int i = 0; i < 9; ++i) part.set(n * 9 + i, x.at(n * 18 + k * 9 + i));
    return part;
  };
  for (const bool training : {false, true}) {
    Traced whole = trace_layer(LSTM{.units = 4}, {{DType::float64, {2, 6, 3}}}, training);
    Traced parts = trace_layer(LSTM{.units = 4, .stateful = true}, {{DType::float64, {2, 3, 3}}}, training);
    parts.trace->finish();
    auto values = whole.values();
    const Tensor expected = run(whole, {{"0", x}}, values)[0];
    values = parts.values();
    run(parts, {{"0", half(0)}}, values);
    expect_near(run(parts, {{"0", half(1)}}, values)[0], expected, 1e-12, "the last output");
    EXPECT_TRUE(parts.variables->find("layer/h"));
    EXPECT_TRUE(parts.variables->find("layer/c"));
  }
}

TEST(LSTM, BeginsToRemember) {
  Traced t = trace_layer(LSTM{.units = 2}, {{DType::float64, {batch, 6, 3}}}, true);
  const Tensor bias = t.variables->at(*t.variables->find("layer/lstm_cell/bias")).value;
  EXPECT_THAT(bias.values<double>(), testing::ElementsAre(0, 0, 1, 1, 0, 0, 0, 0));
}

bool has_op(Traced& t, std::string_view op) {
  for (const OpNode& n : t.graph().nodes())
    if (n.op->name == op) return true;
  return false;
}

TEST(LSTM, IsOneFusedOpWhereItCanBe) {
  const std::vector<TensorType> x{{DType::float32, {batch, 6, 3}}};
  for (const bool training : {false, true}) {
    Traced fused = trace_layer(LSTM{.units = 2, .dropout = 0.5, .go_backwards = true}, x, training, DType::float32);
    EXPECT_TRUE(has_op(fused, "lstm"));
    EXPECT_FALSE(has_op(fused, "scan"));
  }
  for (const LSTM& layer : {LSTM{.units = 2, .activation = "relu"}, LSTM{.units = 2, .use_bias = false}, LSTM{.units = 2, .recurrent_dropout = 0.5}}) {
    Traced composed = trace_layer(layer, x, true, DType::float32);
    EXPECT_TRUE(has_op(composed, "scan"));
    EXPECT_FALSE(has_op(composed, "lstm"));
  }
}

TEST(Dropout, DropsOnlyInTrainingAndScalesTheRest) {
  Tensor ones(DType::float64, {50, 40});
  for (int i = 0; i < 2000; ++i) ones.set(i, 1);
  Traced t = trace_layer(Dropout{.rate = 0.25}, {{DType::float64, {50, 40}}}, true);
  t.trace->finish();
  auto values = t.values();
  const Tensor first = run(t, {{"0", ones}}, values)[0], second = run(t, {{"0", ones}}, values)[0];
  int dropped = 0;
  for (int i = 0; i < 2000; ++i) {
    EXPECT_THAT(first.at(i), testing::AnyOf(0, testing::DoubleEq(1 / 0.75)));
    dropped += first.at(i) == 0;
  }
  EXPECT_NEAR(dropped, 500, 90);  // four and a half standard deviations
  EXPECT_FALSE(same_bytes(first, second));
  Traced inference = trace_layer(Dropout{.rate = 0.25}, {{DType::float64, {50, 40}}}, false);
  EXPECT_EQ(inference.outputs[0], inference.inputs[0]);
}

TEST(Dropout, NoiseShapeDropsWholeSlices) {
  Traced t = trace_layer(Dropout{.rate = 0.5, .noise_shape = Shape{Dim::symbol("any"), 1}}, {{DType::float64, {20, 5}}}, true);
  Tensor ones(DType::float64, {20, 5});
  for (int i = 0; i < 100; ++i) ones.set(i, 1);
  auto values = t.values();
  const Tensor y = run(t, {{"0", ones}}, values)[0];
  int dropped = 0;
  for (int n = 0; n < 20; ++n) {
    dropped += y.at(5 * n) == 0;
    for (int i = 1; i < 5; ++i) EXPECT_EQ(y.at(5 * n + i), y.at(5 * n));
  }
  EXPECT_GT(dropped, 0);
  EXPECT_LT(dropped, 20);
}

// Embedding makes a mask, Dense passes it, Flatten stops it, Concatenate joins it with a value that has none.
TEST(Masks, Travel) {
  Variables variables;
  Trace trace(false);
  trace.enter(variables, 1);
  Scope s(trace, "", true, DType::float32, DType::float32);
  const Value x = trace.graph.input("x", {DType::int32, {batch, 5}}), other = trace.graph.input("other", {DType::float32, {batch, 5, 2}});
  const Value e = s.call("embedding", Embedding{.input_dim = 4, .output_dim = 3, .mask_zero = true}, x);
  const Value d = s.call("dense", Dense{.units = 2}, e);
  ASSERT_TRUE(s.mask(e));
  EXPECT_EQ(s.mask(d), s.mask(e));
  EXPECT_FALSE(s.mask(s.call("flatten", Flatten{}, d)));
  EXPECT_FALSE(s.mask(s.call("add", Add{}, Inputs({d, other}))[0]));
  const Value joined = s.mask(s.call("concatenate", Concatenate{}, Inputs({d, other}))[0]);
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined.shape(), (Shape{batch, 5}));
  EXPECT_EQ(s.mask(s.call("sequence", LSTM{.units = 2, .return_sequences = true}, d)), s.mask(e));
  EXPECT_FALSE(s.mask(s.call("last", LSTM{.units = 2}, d)));
}

// A mask that is given by name holds for one call.
TEST(Masks, GivenByNameHoldForOneCall) {
  Variables variables;
  Trace trace(true);
  trace.enter(variables, 1);
  Scope s(trace, "", true, DType::float32, DType::float32);
  const Value x = trace.graph.input("x", {DType::float32, {batch, 5, 2}}), mask = trace.graph.input("mask", {DType::boolean, {batch, 5}});
  const Value y = s.call("batch_normalization", BatchNormalization{}, Inputs({x}, {{"mask", mask}}))[0];
  EXPECT_EQ(s.mask(y), mask);
  EXPECT_FALSE(s.mask(x));
}

TEST(Embedding, FloatIndicesKeepTheirDigitsInHalfPrecision) {
  Variables variables;
  Trace trace(false);
  trace.enter(variables, 1);
  Scope s(trace, "", true, DType::float32, DType::bfloat16);
  const Value x = trace.graph.input("x", {DType::float32, {1}});
  const Value y = s.call("embedding", Embedding{.input_dim = 1000, .output_dim = 1}, x);
  trace.graph.outputs = {port(y)};
  Tensor& table = variables.at(0).value;
  for (int i = 0; i < 1000; ++i) table.set(i, i == 257 ? 1 : 0);  // 257 is not a bfloat16
  std::map<std::int64_t, Tensor> values{{trace.number(variables, 0), table}};
  EXPECT_EQ(interpret(trace.graph, {{"x", Tensor::of<float>({1}, {257})}}, values)[0].at(0), 1);
}

// channels_first is the same layer between transposes.
TEST(Conv2D, TakesChannelsFirst) {
  const Tensor x = example_tensor({{DType::float64, {2, 3, 5, 4}}}, 1);
  Traced first = trace_layer(Conv2D{.filters = 2, .kernel_size = 3, .data_format = "channels_first"}, {{DType::float64, {2, 3, 5, 4}}}, false);
  auto values = first.values();
  const Tensor y = run(first, {{"0", x}}, values)[0];
  EXPECT_THAT(y.shape(), testing::ElementsAre(2, 2, 3, 2));
  Traced last = trace_layer(Conv2D{.filters = 2, .kernel_size = 3}, {{DType::float64, {2, 5, 4, 3}}}, false);
  Tensor moved(DType::float64, {2, 5, 4, 3});
  for (int n = 0; n < 2; ++n)
    for (int c = 0; c < 3; ++c)
      for (int p = 0; p < 20; ++p) moved.set((n * 20 + p) * 3 + c, x.at((n * 3 + c) * 20 + p));
  values = last.values();  // the same seed and path: the same weights
  const Tensor z = run(last, {{"0", moved}}, values)[0];
  for (int n = 0; n < 2; ++n)
    for (int c = 0; c < 2; ++c)
      for (int p = 0; p < 6; ++p) EXPECT_NEAR(y.at((n * 2 + c) * 6 + p), z.at((n * 6 + p) * 2 + c), 1e-12);
}

TEST(Normalization, GivenStatisticsNeedNoData) {
  EXPECT_TRUE(Layer(Normalization{}).adaptation());
  EXPECT_FALSE(Layer(Normalization{.mean = 0.0, .variance = 1.0}).adaptation());
}

}  // namespace
}  // namespace strata
