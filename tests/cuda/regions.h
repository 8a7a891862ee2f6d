// Regions with numbers to run them on: the examples of the op table, and random ones of elementwise ops.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "src/compile/interpreter.h"
#include "tests/cpu/plugin.h"
#include "tests/graph/examples.h"

namespace strata {

// What the reference makes of the numbers is `expected`.
struct RegionCase {
  std::string what;
  std::shared_ptr<Graph> graph;  // owns the attributes
  Region region;
  std::vector<Tensor> inputs, expected;
};

inline RegionCase case_of(std::string what, std::shared_ptr<Graph> graph, const std::map<std::string, Tensor>& values) {
  RegionCase made{std::move(what), graph, region_of(*graph), {}, interpret(*graph, values)};
  for (const OpNode& n : graph->nodes())
    if (n.op->name == "input") made.inputs.push_back(values.at(n.attributes.text("name")));
  return made;
}

// Examples of the ops that `takes` says yes to, alone.
template <class F>
std::vector<RegionCase> example_cases(DType t, F takes) {
  std::vector<RegionCase> cases;
  for (const OpExample& example : op_examples(t)) {
    if (!takes(op_named(example.op))) continue;
    auto built = example_graph(example, false);
    auto graph = std::make_shared<Graph>(std::move(built->graph));
    std::string what(example.op);
    for (const ExampleInput& in : example.inputs) what += " " + std::string(name_of(in.type.dtype)) + in.type.shape.str();
    cases.push_back(case_of(std::move(what), std::move(graph), built->inputs));
  }
  return cases;
}

// The outputs of every node of a graph.
inline std::vector<std::vector<Tensor>> interpret_nodes(const Graph& graph, const std::map<std::string, Tensor>& values) {
  std::vector<std::vector<Tensor>> made;
  std::map<std::int64_t, Tensor> variables;
  interpret(graph, values, variables, [&](const Graph& g, std::int32_t, std::span<const Tensor> outputs) {
    if (&g == &graph) made.emplace_back(outputs.begin(), outputs.end());  // not of a decomposition
  });
  return made;
}

// Every node of the examples' graphs, forward and gradient, that `takes` says yes to by the name of its op.
template <class F>
std::vector<RegionCase> node_cases(DType t, F takes) {
  std::vector<RegionCase> cases;
  for (const OpExample& example : op_examples(t)) {
    if (!takes(example.op)) continue;
    auto built = example_graph(example, true);
    const auto graph = std::make_shared<Graph>(std::move(built->graph));
    const std::vector<std::vector<Tensor>> made = interpret_nodes(*graph, built->inputs);
    for (std::size_t i = 0; i < made.size(); ++i) {
      const OpNode& n = graph->node(static_cast<std::int32_t>(i));
      if (!takes(n.op->name)) continue;
      RegionCase c{std::string(n.op->name), graph, region_of(*graph, n), {}, made[i]};
      for (const Port& p : n.inputs) {
        c.inputs.push_back(made[static_cast<std::size_t>(p.node)][static_cast<std::size_t>(p.output)]);
        c.what += " " + graph->type(p).shape.str();
      }
      cases.push_back(std::move(c));
    }
  }
  return cases;
}

// An acyclic tangle of arithmetic over operands that broadcast in every way, with casts, comparisons and selects; several of its
// values are outputs.
inline RegionCase random_case(std::uint64_t seed, DType t) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::int64_t a = 1 + static_cast<std::int64_t>(pick(5)), b = 1 + static_cast<std::int64_t>(pick(9)), c = 1 + static_cast<std::int64_t>(pick(40));
  const std::vector<Shape> shapes = {{a, b, c}, {a, b, c}, {c}, {b, c}, {b, 1}, {a, 1, 1}, {a, 1, c}, {}, {1, 1, 1}, {1, b, 1}};
  auto graph = std::make_shared<Graph>();
  std::map<std::string, Tensor> values;
  std::vector<Value> known;
  for (std::size_t i = 0; i < 4 + pick(4); ++i) {
    const std::string name = "x" + std::to_string(i);
    const TensorType type{t, i == 0 ? shapes[0] : shapes[pick(shapes.size())]};
    values[name] = example_tensor({type}, seed * 100 + i);
    known.push_back(graph->input(name, type));
  }
  const Value flags = graph->input("flags", {DType::boolean, shapes[pick(shapes.size())]});
  values["flags"] = example_tensor({{DType::boolean, flags.shape()}}, seed + 7);
  for (int i = 0; i < 14; ++i) {
    const Value x = known[pick(known.size())], y = known[pick(known.size())];
    switch (pick(10)) {
      case 0: known.push_back(x + y); break;
      case 1: known.push_back(x * y); break;
      case 2: known.push_back(x - 0.25 * y); break;
      case 3: known.push_back(maximum(x, y)); break;
      case 4: known.push_back(tanh(x)); break;
      case 5: known.push_back(select(x > y, x, 0.5)); break;
      case 6: known.push_back(select(flags, x, y)); break;
      case 7: known.push_back(x / (1 + square(y))); break;
      case 8: known.push_back(cast(cast(4 * x, DType::int32), t)); break;
      default: known.push_back(relu(x)); break;
    }
  }
  Value whole = known[0];
  for (std::size_t i = known.size() - 5; i < known.size(); ++i) whole = whole + known[i];
  graph->outputs = {port(whole), port(cast(sigmoid(whole), DType::float32)), port(whole > 0)};
  return case_of("random region " + std::to_string(seed) + " of " + std::string(name_of(t)), graph, values);
}

}  // namespace strata
