// One op on tensors, by the reference backend.
#pragma once

#include "src/compile/interpreter.h"

namespace strata {

inline Tensor evaluate(std::string_view op, const std::vector<Tensor>& operands, Attributes attributes = {}) {
  Graph graph;
  std::vector<Value> values;
  std::map<std::string, Tensor> inputs;
  for (const Tensor& t : operands) {
    const std::string name = std::to_string(values.size());
    values.push_back(graph.input(name, {t.dtype(), Shape::of(t.shape())}));
    inputs[name] = t;
  }
  graph.outputs = {port(graph.add(op, values, std::move(attributes)))};
  return interpret(graph, inputs)[0];
}

}  // namespace strata
