#include "src/graph/gradient.h"

#include <strata/error.h>
#include <strata/ops.h>

namespace strata {

Value GradientContext::dy(int i) {
  Value& v = cotangents_[static_cast<std::size_t>(i)];
  if (!v) v = zeros_like(y(i));
  return v;
}

Value sum_to_shape(Value value, const Shape& shape) {
  if (value.shape() == shape) return value;
  const int added = value.rank() - shape.rank();
  Axes axes;
  for (int i = 0; i < value.rank(); ++i)
    if (i < added || (shape[i - added] == Dim(1) && value.dim(i) != Dim(1))) axes.push_back(i);
  return reshape(axes.empty() ? value : sum(value, axes), shape);
}

std::vector<Value> gradients(std::span<const Value> outputs, std::span<const Value> inputs, std::span<const Value> cotangents) {
  if (inputs.empty()) return {};
  Graph& graph = inputs[0].graph();
  const auto before = static_cast<std::int32_t>(graph.nodes().size());

  // A node is on a path when an input reaches it through ops that have a gradient.
  std::vector<bool> on_path(static_cast<std::size_t>(before));
  for (const Value& v : inputs) on_path[static_cast<std::size_t>(v.node())] = true;
  for (std::int32_t id = 0; id < before; ++id) {
    const OpNode& n = graph.node(id);
    if (!n.op->gradient) continue;
    for (const Port& p : n.inputs)
      if (on_path[static_cast<std::size_t>(p.node)] && is_floating(graph.type(p).dtype)) on_path[static_cast<std::size_t>(id)] = true;
  }

  std::map<Port, Value> cotangent_of;
  const auto accumulate = [&](Port p, Value d) {
    Value& sum = cotangent_of[p];
    sum = sum ? sum + d : d;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i)
    accumulate(port(outputs[i]), cotangents.empty() ? ones_like(outputs[i]) : cotangents[i]);

  const std::string place = graph.place;
  for (std::int32_t id = before - 1; id >= 0; --id) {
    if (!on_path[static_cast<std::size_t>(id)] || !graph.node(id).op->gradient) continue;
    const std::vector<Port> operands = graph.node(id).inputs;
    std::vector<Value> dys(graph.node(id).outputs.size());
    bool reached = false;
    for (std::size_t i = 0; i < dys.size(); ++i) {
      const auto found = cotangent_of.find(Port{id, static_cast<std::int32_t>(i)});
      if (found == cotangent_of.end()) continue;
      dys[i] = found->second;
      reached = true;
    }
    if (!reached) continue;
    std::vector<bool> wanted;
    for (const Port& p : operands) wanted.push_back(on_path[static_cast<std::size_t>(p.node)] && is_floating(graph.type(p).dtype));
    graph.place = graph.node(id).place;
    GradientContext context(graph, id, std::move(dys), wanted);
    graph.node(id).op->gradient(context);
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (wanted[i] && context.gradients()[i])
        accumulate(operands[i], sum_to_shape(context.gradients()[i], graph.type(operands[i]).shape));
  }
  graph.place = place;

  std::vector<Value> result;
  for (const Value& v : inputs) {
    const auto found = cotangent_of.find(port(v));
    result.push_back(found == cotangent_of.end() ? zeros_like(v) : found->second);
  }
  return result;
}

std::vector<Value> gradients(Value y, const std::vector<Value>& xs) { return gradients({&y, 1}, xs); }

}  // namespace strata
