// What holds for every op, over the examples of every op.
#include <cmath>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include <strata/error.h>
#include "src/compile/interpreter.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

std::string text_of(const OpExample& example) {
  std::string text(example.op);
  for (const ExampleInput& in : example.inputs) text += " " + std::string(name_of(in.type.dtype)) + in.type.shape.str();
  return text;
}

TEST(Examples, reach_every_op_of_the_table) {
  std::set<std::string_view> reached;
  for (const OpExample& example : op_examples()) {
    const auto built = example_graph(example, true);
    for (const OpNode& n : built->graph.nodes()) reached.insert(n.op->name);
  }
  for (const Op* op : all_ops())
    if (op->kind != OpKind::leaf) {
      EXPECT_TRUE(reached.count(op->name)) << op->name << " has no example";
    }
}

TEST(Decomposition, has_the_types_of_the_op_and_no_fused_op_inside) {
  for (const DType t : {DType::float32, DType::float64, DType::bfloat16, DType::float16})
    for (const OpExample& example : op_examples(t)) {
      SCOPED_TRACE(text_of(example));
      const auto built = example_graph(example, true);
      for (const OpNode& n : built->graph.nodes()) {
        if (n.op->kind != OpKind::fused) continue;
        ASSERT_TRUE(n.op->decompose) << n.op->name;
        Graph parts;
        std::vector<Value> inputs;
        for (std::size_t i = 0; i < n.inputs.size(); ++i)
          inputs.push_back(parts.input(std::to_string(i), built->graph.type(n.inputs[i])));
        const std::vector<Value> made = n.op->decompose(inputs, n.attributes);
        ASSERT_EQ(made.size(), n.outputs.size()) << n.op->name;
        for (std::size_t i = 0; i < made.size(); ++i) {
          EXPECT_EQ(made[i].dtype(), n.outputs[i].dtype) << n.op->name << " output " << i;
          EXPECT_EQ(made[i].shape().str(), n.outputs[i].shape.str()) << n.op->name << " output " << i;
        }
        for (const OpNode& part : parts.nodes()) EXPECT_NE(part.op->kind, OpKind::fused) << n.op->name << " holds " << part.op->name;
      }
    }
}

TEST(Gradient, of_a_fused_op_names_the_op_it_is_chosen_with) {
  for (const Op* op : all_ops())
    if (!op->forward.empty()) {
      EXPECT_EQ(op_named(op->forward).kind, OpKind::fused) << op->name;
    }
}

// Outputs of an example that are floats of fewer bits than its inputs: they have steps.
bool rounds(const ExampleGraph& built) {
  for (std::size_t i = 0; i < built.outputs; ++i) {
    const DType t = built.graph.type(built.graph.outputs[i]).dtype;
    if (is_floating(t) && t != DType::float64) return true;
  }
  return false;
}

// (f(x + h v) - f(x - h v)) / 2h = <df/dx, v> for a direction v, f a number that the inputs give.
void expect_slope(const std::function<double(const std::map<std::string, Tensor>&)>& f, const std::map<std::string, Tensor>& inputs,
                  const std::string& name, const Tensor& gradient, std::uint64_t seed) {
  constexpr double h = 1e-6;
  const Tensor& x = inputs.at(name);
  ASSERT_EQ(gradient.shape(), x.shape()) << name;
  const Tensor v = example_tensor({{DType::float64, Shape::of(x.shape())}}, seed);
  auto above = inputs, below = inputs;
  above[name] = x.clone();
  below[name] = x.clone();
  double expected = 0, scale = 1;
  for (std::int64_t e = 0; e < x.elements(); ++e) {
    above[name].set(e, x.at(e) + h * v.at(e));
    below[name].set(e, x.at(e) - h * v.at(e));
    expected += gradient.at(e) * v.at(e);
    scale += std::abs(gradient.at(e) * v.at(e));
  }
  EXPECT_NEAR((f(above) - f(below)) / (2 * h), expected, 1e-7 * scale) << name;
}

// Of L = sum(outputs * cotangents). An op that is marked as one without a gradient is flat, or it is stop_gradient.
TEST(Gradient, agrees_with_differences_in_float64) {
  for (const OpExample& example : op_examples(DType::float64)) {
    SCOPED_TRACE(text_of(example));
    const auto built = example_graph(example, true);
    if (rounds(*built) || example.op == "stop_gradient") continue;
    const auto loss = [&](const std::map<std::string, Tensor>& inputs) {
      const auto forward = example_graph(example, false);
      const std::vector<Tensor> ys = interpret(forward->graph, inputs);
      double total = 0;
      for (std::size_t i = 0; i < ys.size(); ++i) {
        const auto d = built->inputs.find("d" + std::to_string(i));
        if (d == built->inputs.end()) continue;
        for (std::int64_t e = 0; e < ys[i].elements(); ++e) total += ys[i].at(e) * d->second.at(e);
      }
      return total;
    };
    const std::vector<Tensor> made = interpret(built->graph, built->inputs);
    for (std::size_t k = 0; k < built->differentiated.size(); ++k)
      expect_slope(loss, built->inputs, "x" + std::to_string(built->differentiated[k]), made[built->outputs + k], 77 + k);
  }
}

// The same of the gradient itself: of every op, through rules and through decompositions.
TEST(Gradient, of_a_gradient_agrees_with_differences_in_float64) {
  std::set<std::string_view> through_parts;
  for (const OpExample& example : op_examples(DType::float64)) {
    SCOPED_TRACE(text_of(example));
    if (rounds(*example_graph(example, false))) continue;
    const SecondOrder second = second_order(example);
    if (!second.example) continue;
    Graph& graph = second.example->graph;
    for (const OpNode& n : graph.nodes())
      if (n.op->decompose && !n.op->gradient) through_parts.insert(n.op->name);
    const auto s = [&](const std::map<std::string, Tensor>& inputs) { return interpret(graph, inputs)[0].at(0); };
    const std::vector<Tensor> made = interpret(graph, second.example->inputs);
    for (std::size_t k = 0; k < second.of.size(); ++k) expect_slope(s, second.example->inputs, second.of[k], made[k + 1], 77 + k);
  }
  for (const Op* op : all_ops())
    if (op->decompose && !op->gradient) {
      EXPECT_TRUE(through_parts.count(op->name)) << op->name;
    }
}

TEST(Gradient, of_a_gradient_of_a_gradient_agrees_with_differences) {
  Graph graph;
  const std::map<std::string, Tensor> inputs{{"x", example_tensor({{DType::float64, {2, 3}}}, 4)}};
  const Value x = graph.input("x", {DType::float64, {2, 3}}), gamma = constant(x, Tensor::of<double>({3}, {1, 2, 3}));
  Value y = sum(sparse_softmax_cross_entropy(layer_norm(x, gamma, gamma, 1e-3), constant(x, Tensor::of<std::int32_t>({2}, {0, 2}))));
  for (int order = 1; order <= 2; ++order) y = sum(square(gradients(y, {x})[0]));
  graph.outputs = {port(y), port(gradients(y, {x})[0])};
  const auto value = [&](const std::map<std::string, Tensor>& at) { return interpret(graph, at)[0].at(0); };
  expect_slope(value, inputs, "x", interpret(graph, inputs)[1], 5);
}

TEST(Gradient, every_op_has_a_rule_or_a_decomposition_or_is_marked_as_one_without) {
  for (const Op* op : all_ops()) EXPECT_EQ(op->differentiable, op->gradient || op->decompose) << op->name;
}

TEST(Gradient, that_is_nowhere_is_an_error_and_no_zero) {
  static const Op bare{.name = "bare", .kind = OpKind::primitive,
                       .infer = [](std::span<const TensorType> in, const Attributes&) -> std::vector<TensorType> { return {in[0]}; }};
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {3}});
  graph.place = "encoder/dense";
  const Value y = graph.add(bare, {square(x)});
  graph.place.clear();
  EXPECT_NO_THROW(gradients(y, {graph.input("elsewhere", {DType::float32, {3}})}));
  EXPECT_NO_THROW(gradients(graph.add(bare, {stop_gradient(x)}) + x, {x}));
  try {
    gradients(y, {x});
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "the operation 'bare' in encoder/dense has no gradient, and one is asked for");
    EXPECT_FALSE(e.hint().empty());
  }
}

// With the batch open the parts are written with a symbol; what needs a number says so.
TEST(Gradient, of_a_gradient_takes_an_open_batch_and_names_an_axis_that_must_be_a_number) {
  const auto twice = [](Shape shape, const std::function<Value(Value)>& f) {
    auto graph = std::make_unique<Graph>();
    const Value x = graph->input("x", {DType::float64, std::move(shape)});
    graph->place = "encoder/layer";
    const Value y = f(x);
    graph->place.clear();
    const Value d = gradients(sum(square(y)), {x})[0];
    graph->outputs = {port(gradients(sum(square(d)), {x})[0])};
    return graph;
  };
  const Dim batch = Dim::symbol("batch"), length = Dim::symbol("length");
  const auto norm = [](Value x) { return layer_norm(x, constant(x, Tensor::of<double>({3}, {1, 2, 3})), constant(x, Tensor::of<double>({3}, {1, 0, 2})), 1e-3); };
  const auto open = twice({batch, 3}, norm), known = twice({4, 3}, norm);
  const std::map<std::string, Tensor> inputs{{"x", example_tensor({{DType::float64, {4, 3}}}, 5)}};
  const Tensor found = interpret(specialize(*open, {{"batch", 4}}), inputs)[0], expected = interpret(*known, inputs)[0];
  for (std::int64_t i = 0; i < 12; ++i) EXPECT_DOUBLE_EQ(found.at(i), expected.at(i));

  const auto pooled = [](Value x) { return max_pool(x, {.size = {2}}); };
  EXPECT_NO_THROW(twice({batch, 6, 2}, pooled));
  try {
    twice({batch, length, 2}, pooled);
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "the gradient of 'max_pool_gradient' in encoder/layer (gradient) is taken through its parts, which need numbers: "
                           "the axis 'length' is open, where a number is needed");
  }
}

}  // namespace
}  // namespace strata
