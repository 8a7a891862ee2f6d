// The passes from a graph with numbers for shapes to one that is ready to be cut into regions. Each can be switched off (gate by `fuse`)
// but turn_kernels, which is a backend's wish, and all but `absorb` leave the same bits.
#pragma once

#include <functional>
#include <optional>

#include "backend/backend.h"
#include "src/compile/choices.h"
#include "src/compile/steady.h"

namespace strata {

struct CompileOptions {
  bool fold = true;     // constant expressions become constants; broadcasts that an op does itself go away
  bool merge = true;    // equal nodes become one (CSE)
  bool prune = true;    // nodes that nothing needs go away
  bool absorb = true;   // a scale behind a product goes into its kernel where both are steady
  bool fuse = true;     // regions of more than one op
  bool prepare = true;  // what is steady is computed once
  bool reorder = true;  // updates run last, so that they can be written in place
  bool reuse = true;    // buffers share memory when they do not live at the same time
  // A table that wins over the backend's order: a resumed run's.
  Choices choices;
};

Graph simplify(const Graph& graph, const CompileOptions& options, Backend& reference);

// y = product(x, kernel) [+ bias], then y * scale, with kernel, bias and scale steady and scale one number for each column of
// the kernel, becomes product(x, kernel * scale) + bias * scale: a batch norm that does not learn costs nothing behind a
// convolution or a dense layer. Sums are rounded elsewhere.
Graph absorb(const Graph& graph, const SteadyVariables& steady);

// y = relu(product + bias), and behind another product of y's type, as a gradient's, select(y > 0, ., 0): `matmul_relu` keeps
// where it let something through, as its kernel likes to, and `matmul_gated` reads that. Where the backend has kernels for both
// (cuBLASLt: one bit for each element); nothing where there is no such pair.
std::optional<Graph> gate(const Graph& graph, Backend& backend);

// Convolutions and their gradients on kernels with their filters first, and transposes before and behind them, for a backend that
// computes them so (Backend::wants_filters_first). Equal ones become one by simplify(), and small ones run together.
Graph turn_kernels(const Graph& graph);

// Replaces every node that `which` names by its decomposition.
Graph decompose(const Graph& graph, const std::function<bool(std::int32_t node)>& which);

// What one op gives for these inputs, by the reference kernels. Used to fold constants.
std::vector<Tensor> evaluate(const Op& op, const Attributes& attributes, std::span<const Tensor> inputs,
                             std::span<const TensorType> outputs, Backend& reference);

ArrayType array_type(const TensorType& type);

}  // namespace strata
