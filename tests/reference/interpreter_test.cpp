#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/error.h>
#include <strata/ops.h>
#include "src/compile/interpreter.h"

namespace strata {
namespace {

const TensorType vector{DType::float32, Shape{2}};
const Tensor values = Tensor::of<float>({2}, {1, 2});

TEST(Interpreter, AppliesUpdatesAfterEveryNode) {
  Graph g;
  const Value v = g.variable(4, vector), next = v + 1;
  g.outputs = {port(v), port(next)};
  g.updates = {{4, port(next)}};
  std::map<std::int64_t, Tensor> variables{{4, values.clone()}};
  const auto y = interpret(g, {}, variables);
  EXPECT_TRUE(same_bytes(y[0], values));
  EXPECT_TRUE(same_bytes(y[1], variables[4]));
  EXPECT_EQ(variables[4].at(1), 3);
}

// Two variables that take each other's value.
TEST(Interpreter, UpdatesReadOldValues) {
  Graph g;
  const Value a = g.variable(0, vector), b = g.variable(1, vector);
  g.updates = {{0, port(b)}, {1, port(a)}};
  const Tensor other = Tensor::of<float>({2}, {5, 6});
  std::map<std::int64_t, Tensor> variables{{0, values}, {1, other}};
  interpret(g, {}, variables);
  EXPECT_TRUE(same_bytes(variables[0], other));
  EXPECT_TRUE(same_bytes(variables[1], values));
}

TEST(Interpreter, ScanCarriesAndStacks) {
  for (const bool reverse : {false, true}) {
    Graph g;
    const Value x = g.input("x", {DType::float32, Shape{3}}), zero = g.constant(DType::float32, 0);
    const Scan s = scan([](const auto& c, const auto& e, const auto&) {
      const Value total = c[0] * 10 + e[0];
      return ScanStep{{total}, {total}};
    }, {zero}, {x}, {}, reverse);
    g.outputs = {port(s.carries[0]), port(s.sequences[0])};
    const auto y = interpret(g, {{"x", Tensor::of<float>({3}, {1, 2, 3})}});
    EXPECT_EQ(y[0].at(0), reverse ? 321 : 123);
    EXPECT_THAT(y[1].values<float>(), reverse ? testing::ElementsAre(321, 32, 3) : testing::ElementsAre(1, 12, 123));
  }
}

TEST(Interpreter, DecomposesFusedOps) {
  Graph g;
  const Value x = g.input("x", {DType::float32, Shape{64}}), state = g.input("state", {DType::int64, Shape{2}});
  g.outputs = {port(dropout(x, state, 0.5, 3))};
  Tensor ones(DType::float32, {64});
  for (int i = 0; i < 64; ++i) ones.set(i, 1);
  const auto y = interpret(g, {{"x", ones}, {"state", Tensor::of<std::int64_t>({2}, {1, 0})}});
  EXPECT_THAT(y[0].values<float>(), testing::Each(testing::AnyOf(0.0f, 2.0f)));
  EXPECT_THAT(y[0].values<float>(), testing::AllOf(testing::Contains(0.0f), testing::Contains(2.0f)));
}

TEST(Interpreter, ShowsEveryNodeToTheObserver) {
  Graph g;
  const Value x = g.input("x", vector);
  g.outputs = {port(reshape(exp(x), Shape{2, 1}))};
  std::vector<std::string> seen;
  std::map<std::int64_t, Tensor> none;
  interpret(g, {{"x", values}}, none, [&](const Graph& graph, std::int32_t node, std::span<const Tensor> outputs) {
    seen.push_back(std::string(graph.node(node).op->name) + " " + outputs[0].str());
  });
  EXPECT_THAT(seen, testing::ElementsAre("input float32 (2,)", "exp float32 (2,)", "reshape float32 (2, 1)"));
}

TEST(Interpreter, NamesWhatIsMissing) {
  Graph g;
  g.input("pixels", vector);
  const auto message = [&](const std::map<std::string, Tensor>& inputs) {
    try {
      interpret(g, inputs);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(message({}), "the graph's input 'pixels' was not given");
  EXPECT_THAT(message({{"pixels", Tensor(DType::float32, {3})}}), testing::HasSubstr("float32 (3,); the graph wants float32 (2,)"));
}

}  // namespace
}  // namespace strata
