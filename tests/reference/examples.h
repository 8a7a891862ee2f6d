// Operands for every op that the reference backend defines: floating tensors are float64 here and become the dtype under
// test. They lie away from kinks, so that central differences hold.
#pragma once

#include <cmath>
#include <vector>

#include "src/compile/interpreter.h"

namespace strata {

struct Example {
  std::string_view op;
  std::vector<Tensor> inputs;
  Attributes attributes = {};
};

// n distinct numbers between low and high, in no order.
inline Tensor spread(std::vector<std::int64_t> shape, double low = -2, double high = 2) {
  Tensor t(DType::float64, std::move(shape));
  const std::int64_t n = t.elements();
  for (std::int64_t i = 0; i < n; ++i)
    t.set(i, low + (high - low) * std::fmod(0.137 + 0.6180339887498949 * static_cast<double>(i), 1.0));
  return t;
}

inline std::vector<Example> reference_examples() {
  const Tensor truth = Tensor::of<bool>({2, 1}, {true, false});
  const Tensor flags = Tensor::of<bool>({2, 2}, {true, false, true, false}), others = Tensor::of<bool>({2}, {true, true});
  const Tensor state = Tensor::of<std::int64_t>({2}, {7, 3});
  const auto integers = [](std::initializer_list<std::int64_t> v) { return std::vector<std::int64_t>(v); };
  std::vector<Example> examples;
  for (const char* op : {"negative", "absolute", "sign", "square", "exp", "expm1", "sin", "cos", "tanh", "sigmoid", "erf", "floor",
                         "ceil", "round", "relu", "is_finite", "is_nan"})
    examples.push_back({op, {spread({3, 5})}});
  for (const char* op : {"reciprocal", "sqrt", "rsqrt", "log", "log1p"}) examples.push_back({op, {spread({3, 5}, 0.3, 3)}});
  for (const char* op : {"add", "subtract", "multiply", "divide", "maximum", "minimum", "floor_divide", "mod", "equal", "not_equal",
                         "less", "less_equal", "greater", "greater_equal"}) {
    examples.push_back({op, {spread({2, 3, 4}), spread({3, 1}, 0.5, 1.7)}});
    examples.push_back({op, {spread({}), spread({4}, 0.5, 1.7)}});
  }
  examples.push_back({"power", {spread({2, 3}, 0.4, 2), spread({3}, -1.5, 2.5)}});
  examples.push_back({"logical_and", {flags, others}});
  examples.push_back({"logical_or", {flags, others}});
  examples.push_back({"logical_not", {flags}});
  examples.push_back({"select", {truth, spread({2, 3}), spread({3}, 3, 4)}});
  examples.push_back({"cast", {spread({4})}, {{"dtype", DType::float64}}});

  examples.push_back({"copy", {spread({2, 3})}});
  examples.push_back({"transpose", {spread({2, 3, 4})}, {{"axes", integers({2, 0, 1})}}});
  examples.push_back({"broadcast_to", {spread({3, 1})}, {{"shape", Shape{2, 3, 4}}}});
  examples.push_back({"slice", {spread({2, 7})}, {{"axis", std::int64_t{1}}, {"bounds", Shape{1, 6}}, {"step", std::int64_t{2}}}});
  examples.push_back({"slice_gradient", {spread({2, 3})},
                      {{"axis", std::int64_t{1}}, {"bounds", Shape{1, 6}}, {"step", std::int64_t{2}}, {"shape", Shape{2, 7}}}});
  for (const auto& padding : {integers({1, 2, 0, 0, 1, 2}), integers({-1, 0, 1, 2, -2, 0}), integers({-1, -1, 2, 0, -3, 1}),
                              integers({0, 0, 0, 4, -5, 0})})
    examples.push_back({"pad", {spread({3, 4})}, {{"padding", padding}, {"value", 0.5}}});
  examples.push_back({"concatenate", {spread({2, 1, 2}), spread({2, 3, 2}), spread({2, 2, 2})}, {{"axis", std::int64_t{1}}}});
  examples.push_back({"reverse", {spread({2, 3, 2})}, {{"axis", std::int64_t{1}}}});
  const Tensor indices = Tensor::of<std::int32_t>({2, 2}, {2, 0, 2, 9});
  examples.push_back({"gather", {spread({4, 3}), indices}});
  examples.push_back({"scatter_add", {indices, spread({2, 2, 3})}, {{"shape", Shape{4, 3}}}});
  examples.push_back({"pack", {spread({2, 3}), spread({2})}});
  examples.push_back({"iota", {}, {{"length", Shape{5}}, {"dtype", DType::float64}}});

  for (const char* op : {"reduce_sum", "reduce_max", "reduce_min"}) {
    examples.push_back({op, {spread({2, 3, 4})}, {{"axes", integers({0, 2})}, {"keepdims", std::int64_t{0}}}});
    examples.push_back({op, {spread({2, 3, 4})}, {{"axes", integers({1})}, {"keepdims", std::int64_t{1}}}});
  }
  for (const char* op : {"argmax", "argmin"}) examples.push_back({op, {spread({2, 3, 4})}, {{"axis", std::int64_t{1}}}});

  struct Operands { std::vector<std::int64_t> a, b; };
  for (const std::int64_t ta : {0, 1})
    for (const std::int64_t tb : {0, 1})
      for (const Operands& o : {Operands{{}, {}}, Operands{{5}, {}}, Operands{{}, {5}}, Operands{{5, 1}, {1, 2}}, Operands{{2}, {5, 2}}}) {
        std::vector<std::int64_t> a = o.a, b = o.b;
        for (const std::int64_t d : ta ? integers({3, 2}) : integers({2, 3})) a.push_back(d);
        for (const std::int64_t d : tb ? integers({4, 3}) : integers({3, 4})) b.push_back(d);
        examples.push_back({"matmul", {spread(a), spread(b)}, {{"transpose_a", ta}, {"transpose_b", tb}}});
      }
  for (const char* op : {"random_uniform", "random_normal"})
    examples.push_back({op, {state}, {{"stream", std::int64_t{11}}, {"shape", Shape{3, 3}}, {"dtype", DType::float64}}});
  return examples;
}

// The graph of one op on inputs "0", "1", ...; `dtype` in place of float64.
struct ExampleGraph {
  Graph graph;
  std::vector<Value> inputs;
  std::map<std::string, Tensor> tensors;
  Value output;

  explicit ExampleGraph(const Example& example, DType dtype = DType::float64) {
    Attributes attributes = example.attributes;
    if (attributes.has("dtype")) attributes.set("dtype", dtype);
    for (const Tensor& t : example.inputs) {
      const Tensor operand = t.dtype() == DType::float64 ? t.astype(dtype) : t;
      const std::string name = std::to_string(inputs.size());
      inputs.push_back(graph.input(name, {operand.dtype(), Shape::of(operand.shape())}));
      tensors[name] = operand;
    }
    output = graph.add(example.op, inputs, attributes);
    graph.outputs = {port(output)};
  }
};

// One op on tensors.
inline Tensor evaluate(std::string_view op, std::vector<Tensor> inputs, Attributes attributes = {}) {
  ExampleGraph e({op, std::move(inputs), std::move(attributes)}, DType::float64);
  return interpret(e.graph, e.tensors)[0];
}

}  // namespace strata
