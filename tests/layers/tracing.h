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

// What a layer is called with beside its inputs.
struct CallBeside {
  std::map<std::string, TensorType> named = {};  // values by name: mask, attention_mask
  std::map<std::size_t, TensorType> masks = {};  // that travel with the inputs; they are inputs "masks/0", "masks/1", ...
  Config::Mapping arguments = {};
};

inline Traced trace_layer(const Layer& layer, const std::vector<TensorType>& inputs, bool training, DType policy = DType::float64,
                          const CallBeside& beside = {}) {
  Traced t;
  t.trace = std::make_unique<Trace>(training);
  t.trace->enter(*t.variables, 7);
  for (const TensorType& type : inputs) t.inputs.push_back(t.graph().input(std::to_string(t.inputs.size()), type));
  std::map<std::string, Value> values;
  for (const auto& [name, type] : beside.named) values[name] = t.graph().input(name, type);
  for (const auto& [i, type] : beside.masks) t.trace->set_mask(t.inputs[i], t.graph().input("masks/" + std::to_string(i), type));
  Scope scope(*t.trace, "", true, policy, policy);
  t.outputs = scope.call("layer", layer, Inputs(t.inputs, values, beside.arguments));
  return t;
}

}  // namespace strata
