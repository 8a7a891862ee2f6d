// Reverse-mode differentiation as a pass from a graph to more of the same graph.
#pragma once

#include <span>
#include <vector>

#include "src/graph/graph.h"

namespace strata {

// What a gradient rule sees: the node's inputs and outputs, the cotangents of its outputs, which inputs want a gradient.
class GradientContext {
 public:
  GradientContext(Graph& graph, std::int32_t node, std::vector<Value> cotangents, std::vector<bool> wanted)
      : graph_(graph), node_(node), cotangents_(std::move(cotangents)), wanted_(std::move(wanted)),
        gradients_(wanted_.size()) {}

  Value x(int i = 0) const { return value_of(graph_, graph_.node(node_).inputs[static_cast<std::size_t>(i)]); }
  Value y(int i = 0) const { return Value(&graph_, node_, i); }
  int inputs() const { return static_cast<int>(wanted_.size()); }
  // The cotangent of output i; zeros where none arrived.
  Value dy(int i = 0);
  bool has_dy(int i) const { return static_cast<bool>(cotangents_[static_cast<std::size_t>(i)]); }
  bool wants(int i) const { return wanted_[static_cast<std::size_t>(i)]; }
  // Attributes of the node. A copy: rules add nodes while they read it.
  Attributes attributes() const { return graph_.node(node_).attributes; }
  Graph& graph() const { return graph_; }

  // The gradient of input i. Axes that were broadcast are summed by the pass, not here.
  void set(int i, Value gradient) { gradients_[static_cast<std::size_t>(i)] = gradient; }
  const std::vector<Value>& gradients() const { return gradients_; }

 private:
  Graph& graph_;
  std::int32_t node_;
  std::vector<Value> cotangents_;
  std::vector<bool> wanted_;
  std::vector<Value> gradients_;
};

// d(sum of outputs * cotangents) / d inputs, one per input; zeros for an input that no output depends on.
// An empty list of cotangents means ones. The result can be differentiated again. An op on the way that has neither a rule
// nor a decomposition, and is not marked as one that no gradient flows through, is an Error.
std::vector<Value> gradients(std::span<const Value> outputs, std::span<const Value> inputs,
                             std::span<const Value> cotangents = {});

// Sums `value` over the axes that broadcasting added or stretched to get from `shape` to its own shape.
Value sum_to_shape(Value value, const Shape& shape);

}  // namespace strata
