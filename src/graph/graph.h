// An op graph: nodes in the order they were added, which is a topological one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <strata/tensor.h>
#include "src/graph/op.h"

namespace strata {

// One output of one node.
struct Port {
  std::int32_t node = -1;
  std::int32_t output = 0;
  friend auto operator<=>(const Port&, const Port&) = default;
};

// (Not `Node`: that is the spec's tree, and one program holds both.)
struct OpNode {
  const Op* op;
  std::vector<Port> inputs;
  Attributes attributes;
  std::vector<TensorType> outputs;
  std::string place;  // path of the layer that wrote it: "encoder/dense"; loss, metrics and optimizer have their own
};

class Graph {
 public:
  // Adds a node and returns its first output. Shapes are inferred; operands that do not fit are an Error.
  Value add(const Op& op, std::vector<Value> inputs, Attributes attributes = {});
  Value add(std::string_view op, std::vector<Value> inputs, Attributes attributes = {}) {
    return add(op_named(op), std::move(inputs), std::move(attributes));
  }

  // Leaves. An input's name and a variable's number mean what the owner of the graph says.
  Value input(const std::string& name, TensorType type);
  Value variable(std::int64_t id, TensorType type);
  Value constant(DType dtype, double value);
  Value constant(const Tensor& tensor);

  const std::deque<OpNode>& nodes() const { return nodes_; }
  const OpNode& node(std::int32_t id) const { return nodes_[static_cast<std::size_t>(id)]; }
  const TensorType& type(Port p) const { return node(p.node).outputs[static_cast<std::size_t>(p.output)]; }
  // The elements of a `constant` node that was made from a tensor, by its attribute "tensor".
  const Tensor& tensor(std::int64_t index) const { return tensors_[static_cast<std::size_t>(index)]; }

  // What the graph is for: values that must be there in the end, in order.
  std::vector<Port> outputs;
  // Variable number := value, once everything that reads the old value is done.
  std::vector<std::pair<std::int64_t, Port>> updates;

  // New nodes carry this place.
  std::string place;


 private:
  std::deque<OpNode> nodes_;
  std::vector<Tensor> tensors_;
};

inline Port port(const Value& v) { return {v.node(), v.output()}; }
inline Value value_of(Graph& g, Port p) { return {&g, p.node, p.output}; }

// The graph as text, one line a node; equal graphs give equal text.
std::string print(const Graph& graph);
// An attribute as it stands there.
std::string text_of(const Attribute& attribute);

// `graph` with every symbol replaced by its number, shapes inferred anew: axes that were open and turn out not to fit are
// an Error here.
Graph specialize(const Graph& graph, const Bindings& bindings);

}  // namespace strata
