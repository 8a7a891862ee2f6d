// What holds for every op, over the examples of every op.
#include <cmath>
#include <set>

#include <gtest/gtest.h>

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
  for (const DType t : {DType::float32, DType::float64, DType::bfloat16})
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

// With L = sum(outputs * cotangents) and a random direction v:  (L(x + h v) - L(x - h v)) / 2h = <dL/dx, v>.
TEST(Gradient, agrees_with_differences_in_float64) {
  constexpr double h = 1e-6;
  for (const OpExample& example : op_examples(DType::float64)) {
    SCOPED_TRACE(text_of(example));
    const auto built = example_graph(example, true);
    if (built->differentiated.empty()) continue;
    bool rounded = false;  // a cast to fewer bits has steps
    for (std::size_t i = 0; i < built->outputs; ++i) {
      const DType t = built->graph.type(built->graph.outputs[i]).dtype;
      rounded = rounded || (is_floating(t) && t != DType::float64);
    }
    if (rounded) continue;

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
    for (std::size_t k = 0; k < built->differentiated.size(); ++k) {
      const std::string name = "x" + std::to_string(built->differentiated[k]);
      const Tensor& x = built->inputs.at(name);
      const Tensor& gradient = made[built->outputs + k];
      ASSERT_EQ(gradient.shape(), x.shape());
      const Tensor v = example_tensor({{DType::float64, Shape::of(x.shape())}}, 77 + k);
      auto above = built->inputs, below = built->inputs;
      above[name] = x.clone();
      below[name] = x.clone();
      double expected = 0, scale = 1;
      for (std::int64_t e = 0; e < x.elements(); ++e) {
        above[name].set(e, x.at(e) + h * v.at(e));
        below[name].set(e, x.at(e) - h * v.at(e));
        expected += gradient.at(e) * v.at(e);
        scale += std::abs(gradient.at(e) * v.at(e));
      }
      EXPECT_NEAR((loss(above) - loss(below)) / (2 * h), expected, 1e-7 * scale) << name;
    }
  }
}

// The same of the gradient itself, where the gradient op has a gradient: s = <dL/dx, u>.
TEST(Gradient, of_a_gradient_agrees_with_differences) {
  constexpr double h = 1e-6;
  std::set<std::string_view> checked;
  for (const OpExample& example : op_examples(DType::float64)) {
    if (example.op != "convolution" && example.op != "average_pool" && example.op != "softmax" && example.op != "log_softmax") continue;
    SCOPED_TRACE(text_of(example));
    const auto built = example_graph(example, true);
    Graph& graph = built->graph;
    std::vector<Value> xs;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(example.inputs.size()); ++i) xs.emplace_back(&graph, i);
    Value s;
    for (std::size_t k = 0; k < xs.size(); ++k) {
      const Value u = constant(xs[k], example_tensor({{DType::float64, xs[k].shape()}}, 900 + k));
      const Value part = sum(value_of(graph, graph.outputs[built->outputs + k]) * u);
      s = s ? s + part : part;
    }
    graph.outputs = {port(s)};
    for (const Value& d : gradients(s, xs)) graph.outputs.push_back(port(d));
    const std::vector<Tensor> made = interpret(graph, built->inputs);
    for (std::size_t k = 0; k < xs.size(); ++k) {
      const std::string name = "x" + std::to_string(k);
      const Tensor& x = built->inputs.at(name);
      const Tensor v = example_tensor({{DType::float64, xs[k].shape()}}, 77 + k);
      auto above = built->inputs, below = built->inputs;
      above[name] = x.clone();
      below[name] = x.clone();
      double expected = 0, scale = 1;
      for (std::int64_t e = 0; e < x.elements(); ++e) {
        above[name].set(e, x.at(e) + h * v.at(e));
        below[name].set(e, x.at(e) - h * v.at(e));
        expected += made[k + 1].at(e) * v.at(e);
        scale += std::abs(made[k + 1].at(e) * v.at(e));
      }
      const double difference = interpret(graph, above)[0].at(0) - interpret(graph, below)[0].at(0);
      EXPECT_NEAR(difference / (2 * h), expected, 1e-7 * scale) << name;
    }
    checked.insert(example.op);
  }
  EXPECT_EQ(checked.size(), 4u);
}

}  // namespace
}  // namespace strata
