// The passes from a graph with numbers for shapes to one that is ready to be cut into regions. Each leaves the same bits
// and can be switched off.
#pragma once

#include <functional>

#include "backend/backend.h"
#include "src/compile/choices.h"
#include "src/graph/graph.h"

namespace strata {

struct CompileOptions {
  bool fold = true;     // constant expressions become constants; broadcasts that an op does itself go away
  bool merge = true;    // equal nodes become one (CSE)
  bool prune = true;    // nodes that nothing needs go away
  bool fuse = true;     // regions of more than one op
  bool reorder = true;  // updates run last, so that they can be written in place
  bool reuse = true;    // buffers share memory when they do not live at the same time
  // A table that wins over the backend's order: a resumed run's.
  Choices choices;
};

Graph simplify(const Graph& graph, const CompileOptions& options, Backend& reference);

// Replaces every node that `which` names by its decomposition.
Graph decompose(const Graph& graph, const std::function<bool(std::int32_t node)>& which);

// What one op gives for these inputs, by the reference kernels. Used to fold constants.
std::vector<Tensor> evaluate(const Op& op, const Attributes& attributes, std::span<const Tensor> inputs,
                             std::span<const TensorType> outputs, Backend& reference);

ArrayType array_type(const TensorType& type);

}  // namespace strata
