// Every gradient rule against central differences in float64; fused ops by their decompositions.
#include <gtest/gtest.h>

#include <strata/ops.h>
#include "src/compile/interpreter.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

// sum of y * w with weights that differ, so that a gradient that lands at the wrong place shows.
Value weighted_sum(Value y) {
  Tensor w(y.dtype(), y.shape().values());
  for (std::int64_t i = 0; i < w.elements(); ++i) w.set(i, std::cos(1.0 + 0.7 * static_cast<double>(i)));
  const Value loss = y * constant(y, w);
  return y.rank() ? sum(loss) : loss;
}

Tensor spread(std::vector<std::int64_t> shape) {
  return example_tensor({{DType::float64, Shape::of(shape)}}, 1);
}

// |d - central difference| <= 1e-6 max(1, |d|) for up to 16 elements of every floating input.
void check_gradients(Graph& graph, const std::vector<Value>& inputs, std::map<std::string, Tensor> tensors, Value loss) {
  std::vector<Value> wanted;
  std::vector<std::string> names;
  for (const Value& v : inputs)
    if (is_floating(v.dtype())) {
      wanted.push_back(v);
      names.push_back(graph.node(v.node()).attributes.text("name"));
    }
  graph.outputs = {port(loss)};
  const Graph forward = graph;
  for (const Value& d : gradients(loss, wanted)) graph.outputs.push_back(port(d));
  const std::vector<Tensor> exact = interpret(graph, tensors);
  constexpr double epsilon = 1e-6;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Tensor& x = tensors[names[i]];
    ASSERT_EQ(exact[i + 1].shape(), x.shape()) << "input " << names[i];
    x = x.clone();
    for (std::int64_t e = 0; e < x.elements(); e += 1 + x.elements() / 16) {
      const double at = x.at(e);
      const auto loss_at = [&](double v) {
        x.set(e, v);
        return interpret(forward, tensors)[0].at(0);
      };
      const double numeric = (loss_at(at + epsilon) - loss_at(at - epsilon)) / (2 * epsilon);
      x.set(e, at);
      const double d = exact[i + 1].at(e);
      EXPECT_NEAR(d, numeric, 1e-6 * std::max(1.0, std::abs(d))) << "input " << names[i] << " element " << e;
    }
  }
}

// The op of an example and its inputs; the weighted sum of its floating outputs, or none.
struct Loss {
  std::unique_ptr<ExampleGraph> example;
  std::vector<Value> inputs;
  Value loss;

  explicit Loss(const OpExample& e) : example(example_graph(e, false)) {
    Graph& graph = example->graph;
    for (std::size_t i = 0; i < e.inputs.size(); ++i) inputs.emplace_back(&graph, static_cast<std::int32_t>(i));
    for (const Port& p : std::vector<Port>(graph.outputs)) {
      const Value y = value_of(graph, p);
      if (y.dtype() != DType::float64) continue;
      const Value part = weighted_sum(y);
      loss = loss ? loss + part : part;
    }
  }
};

TEST(Gradient, EveryRuleMatchesCentralDifferences) {
  std::set<std::string_view> checked;
  for (const OpExample& example : op_examples(DType::float64)) {
    Loss l(example);
    if (!op_named(example.op).gradient || !l.loss) continue;
    SCOPED_TRACE(std::string(example.op));
    checked.insert(example.op);
    check_gradients(l.example->graph, l.inputs, l.example->inputs, l.loss);
  }
  for (const Op* op : all_ops())
    EXPECT_TRUE(!op->gradient || !op->forward.empty() || checked.count(op->name)) << op->name << " has a gradient and no example";
}

// h' = tanh(x W + h U), y = h' * s, over three steps, either way round.
TEST(Gradient, OfAScan) {
  for (const bool reverse : {false, true}) {
    Graph graph;
    std::map<std::string, Tensor> tensors{{"x", spread({3, 2, 2})}, {"h", spread({2, 3})}, {"w", spread({2, 3})}, {"u", spread({3, 3})}};
    std::vector<Value> inputs;
    for (const char* name : {"x", "h", "w", "u"}) inputs.push_back(graph.input(name, {DType::float64, Shape::of(tensors[name].shape())}));
    const Scan s = scan([](const auto& c, const auto& e, const auto& k) {
      const Value h = tanh(matmul(e[0], k[0]) + matmul(c[0], k[1]));
      return ScanStep{{h}, {h * 3, sum(e[0])}};
    }, {inputs[1]}, {inputs[0]}, {inputs[2], inputs[3]}, reverse);
    check_gradients(graph, inputs, tensors, weighted_sum(s.sequences[0]) + weighted_sum(s.sequences[1]) + weighted_sum(s.carries[0]));
  }
}

TEST(Gradient, OfAScanWithoutCarries) {
  Graph graph;
  const Value x = graph.input("x", {DType::float64, Shape{3, 2}});
  const Scan s = scan([](const auto&, const auto& e, const auto&) { return ScanStep{{}, {square(e[0])}}; }, {}, {x}, {});
  check_gradients(graph, {x}, {{"x", spread({3, 2})}}, weighted_sum(s.sequences[0]));
}

TEST(Gradient, OfAGradientOfAScan) {
  Graph graph;
  const Value x = graph.input("x", {DType::float64, Shape{3, 2}}), h = graph.input("h", {DType::float64, Shape{2}});
  const Scan s = scan([](const auto& c, const auto& e, const auto&) {
    const Value y = tanh(c[0] * e[0]);
    return ScanStep{{y}, {y}};
  }, {h}, {x}, {});
  const std::vector<Value> d = gradients(weighted_sum(s.sequences[0]), {x, h});
  check_gradients(graph, {x, h}, {{"x", spread({3, 2})}, {"h", spread({2})}}, weighted_sum(d[0]) + weighted_sum(d[1]));
}

}  // namespace
}  // namespace strata
