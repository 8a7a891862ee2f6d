#include "src/graph/gradient.h"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

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

namespace {

using Cotangents = std::vector<std::pair<Port, Value>>;

std::vector<Value> walk_back(std::span<const Value> outputs, std::span<const Value> inputs, std::span<const Value> cotangents);

// "dense (gradient)": what flows back through the layer.
std::string gradient_place(const std::string& place) {
  constexpr std::string_view mark = "(gradient)";
  if (place.ends_with(mark)) return place;
  return place.empty() ? std::string(mark) : fmt::format("{} {}", place, mark);
}

std::string described(const OpNode& n) {
  return n.place.empty() ? fmt::format("'{}'", n.op->name) : fmt::format("'{}' in {}", n.op->name, n.place);
}

// A fused op without a rule, by its decomposition. Its operands are read through aliases, where the walk back through the
// parts ends. What it reads of a forward op's hidden outputs is made anew from that op's operands: kernels of a pair may
// keep them in a form of their own, and their gradients belong to those operands.
class Parts {
 public:
  Parts(Graph& graph, std::int32_t id) : graph_(graph) {
    const OpNode& n = graph_.node(id);
    try {
      std::vector<Value> operands;
      for (const Port& p : n.inputs) operands.push_back(operand(p));
      outputs_ = n.op->decompose(operands, n.attributes);
    } catch (const Error& e) {
      throw Error(e.kind(), fmt::format("the gradient of {} is taken through its parts, which need numbers: {}", described(n), e.what()),
                  "give the model's input a number for that axis");
    }
  }

  // The gradients of the operands that want one.
  Cotangents gradients(const std::vector<Value>& dys, const std::function<bool(Port)>& wanted) const {
    std::vector<Value> ys, of_ys, xs;
    for (std::size_t i = 0; i < dys.size(); ++i)
      if (dys[i]) {
        ys.push_back(outputs_[i]);
        of_ys.push_back(dys[i]);
      }
    Cotangents found;
    for (const auto& [p, alias] : alias_of_)
      if (wanted(p)) {
        found.emplace_back(p, Value());
        xs.push_back(alias);
      }
    const std::vector<Value> d = walk_back(ys, xs, of_ys);
    for (std::size_t i = 0; i < d.size(); ++i) found[i].second = d[i];
    return found;
  }

 private:
  Value alias(Port p) {
    Value& v = alias_of_[p];
    if (!v) v = graph_.add("reshape", {value_of(graph_, p)}, {{"shape", graph_.type(p).shape}});
    return v;
  }

  Value operand(Port p) {
    const OpNode& producer = graph_.node(p.node);
    if (producer.op->first_hidden < 0 || p.output < producer.op->first_hidden) return alias(p);
    std::vector<Value>& made = made_anew_[p.node];
    if (made.empty()) {
      std::vector<Value> operands;
      for (const Port& q : producer.inputs) operands.push_back(alias(q));
      made = producer.op->decompose(operands, producer.attributes);
    }
    return made[static_cast<std::size_t>(p.output)];
  }

  Graph& graph_;
  std::map<Port, Value> alias_of_;
  std::map<std::int32_t, std::vector<Value>> made_anew_;  // the forward op's outputs
  std::vector<Value> outputs_;
};

// Gradients by the op's own rule.
Cotangents by_rule(Graph& graph, std::int32_t id, std::vector<Value> dys, const std::function<bool(Port)>& wanted) {
  const std::vector<Port> operands = graph.node(id).inputs;
  std::vector<bool> wants;
  for (const Port& p : operands) wants.push_back(wanted(p));
  GradientContext context(graph, id, std::move(dys), wants);
  graph.node(id).op->gradient(context);
  Cotangents found;
  for (std::size_t i = 0; i < operands.size(); ++i)
    if (wants[i]) found.emplace_back(operands[i], context.gradients()[i]);
  return found;
}

// As `gradients`, with no value where nothing depends on an input.
std::vector<Value> walk_back(std::span<const Value> outputs, std::span<const Value> inputs, std::span<const Value> cotangents) {
  if (inputs.empty()) return {};
  Graph& graph = inputs[0].graph();
  const auto end = static_cast<std::int32_t>(graph.nodes().size());
  std::int32_t begin = end;
  for (const Value& v : inputs) begin = std::min(begin, v.node());

  // A node is on a path when an input reaches it through ops that a gradient flows through.
  std::vector<bool> on_path(static_cast<std::size_t>(end - begin));
  const auto wanted = [&](Port p) {
    return p.node >= begin && on_path[static_cast<std::size_t>(p.node - begin)] && is_floating(graph.type(p).dtype);
  };
  for (const Value& v : inputs) on_path[static_cast<std::size_t>(v.node() - begin)] = true;
  for (std::int32_t id = begin; id < end; ++id) {
    const OpNode& n = graph.node(id);
    if (n.op->differentiable && std::any_of(n.inputs.begin(), n.inputs.end(), wanted)) on_path[static_cast<std::size_t>(id - begin)] = true;
  }

  std::map<Port, Value> cotangent_of;
  const auto accumulate = [&](Port p, Value d) {
    Value& sum = cotangent_of[p];
    sum = sum ? sum + d : d;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i)
    accumulate(port(outputs[i]), cotangents.empty() ? ones_like(outputs[i]) : cotangents[i]);

  const std::string place = graph.place;
  for (std::int32_t id = end - 1; id >= begin; --id) {
    const OpNode& n = graph.node(id);
    if (!n.op->differentiable || std::none_of(n.inputs.begin(), n.inputs.end(), wanted)) continue;
    std::vector<Value> dys(n.outputs.size());
    bool reached = false;
    for (std::size_t i = 0; i < dys.size(); ++i) {
      const auto found = cotangent_of.find(Port{id, static_cast<std::int32_t>(i)});
      if (found == cotangent_of.end()) continue;
      dys[i] = found->second;
      reached = true;
    }
    if (!reached) continue;
    if (!n.op->gradient && !n.op->decompose)
      throw Error(ErrorKind::spec, fmt::format("the operation {} has no gradient, and one is asked for", described(n)),
                  "put stop_gradient before it where none shall flow, or compute the same with other operations");
    graph.place = gradient_place(n.place);
    for (const auto& [p, d] : n.op->gradient ? by_rule(graph, id, std::move(dys), wanted) : Parts(graph, id).gradients(dys, wanted))
      if (d) accumulate(p, sum_to_shape(d, graph.type(p).shape));
  }
  graph.place = place;

  std::vector<Value> result;
  for (const Value& v : inputs) {
    const auto found = cotangent_of.find(port(v));
    result.push_back(found == cotangent_of.end() ? Value() : found->second);
  }
  return result;
}

}  // namespace

std::vector<Value> gradients(std::span<const Value> outputs, std::span<const Value> inputs, std::span<const Value> cotangents) {
  std::vector<Value> found = walk_back(outputs, inputs, cotangents);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!found[i]) found[i] = zeros_like(inputs[i]);
  return found;
}

std::vector<Value> gradients(Value y, const std::vector<Value>& xs) { return gradients({&y, 1}, xs); }

}  // namespace strata
