// A value in an op graph: one output of one operation, known by dtype and shape, without elements.
#pragma once

#include <cstdint>

#include <strata/dtype.h>
#include <strata/shape.h>

namespace strata {

class Graph;

// A value is a handle: copying it costs nothing, and it lives as long as its graph.
class Value {
 public:
  Value() = default;
  Value(Graph* graph, std::int32_t node, std::int32_t output = 0) : graph_(graph), node_(node), output_(output) {}

  // False for "no value" (an absent mask, an output that no gradient reaches).
  explicit operator bool() const { return graph_ != nullptr; }
  DType dtype() const;
  const Shape& shape() const;
  int rank() const { return shape().rank(); }
  // Negative axes count from the end.
  const Dim& dim(int axis) const { return shape()[axis]; }

  Graph& graph() const { return *graph_; }
  std::int32_t node() const { return node_; }
  std::int32_t output() const { return output_; }
  friend bool operator==(const Value& a, const Value& b) {
    return a.graph_ == b.graph_ && a.node_ == b.node_ && a.output_ == b.output_;
  }

 private:
  Graph* graph_ = nullptr;
  std::int32_t node_ = -1;
  std::int32_t output_ = 0;
};

}  // namespace strata
