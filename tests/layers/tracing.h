// A layer alone in a graph.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/compile/interpreter.h"
#include "src/model/trace.h"

namespace strata {

struct Traced {
  std::unique_ptr<Variables> variables = std::make_unique<Variables>();
  std::unique_ptr<Trace> trace;
  std::vector<Value> inputs, outputs;  // inputs named "0", "1", ...; masks and other named values by their names

  Graph& graph() { return trace->graph; }
  // Every variable's value, by its number in the graph.
  std::map<std::int64_t, Tensor> values() {
    std::map<std::int64_t, Tensor> all;
    for (std::size_t id = 0; id < variables->list().size(); ++id) {
      const auto i = static_cast<std::int64_t>(id);
      all[trace->number(*variables, i)] = variables->at(i).value;
    }
    return all;
  }
  // The weights that an optimizer would change, and their ids.
  std::vector<std::int64_t> trainable() const {
    std::vector<std::int64_t> ids;
    for (std::size_t id = 0; id < variables->list().size(); ++id)
      if (variables->list()[id].section() == "trainable") ids.push_back(static_cast<std::int64_t>(id));
    return ids;
  }
};

inline Traced trace_layer(const Layer& layer, const std::vector<TensorType>& inputs, bool training, DType policy = DType::float64,
                          const std::map<std::string, TensorType>& named = {}) {
  Traced t;
  t.trace = std::make_unique<Trace>(training);
  t.trace->enter(*t.variables, 7);
  for (const TensorType& type : inputs) t.inputs.push_back(t.graph().input(std::to_string(t.inputs.size()), type));
  std::map<std::string, Value> values;
  for (const auto& [name, type] : named) values[name] = t.graph().input(name, type);
  Scope scope(*t.trace, "", true, policy, policy);
  t.outputs = scope.call("layer", layer, Inputs(t.inputs, values));
  return t;
}

}  // namespace strata
