// Runs a graph node by node on the reference backend: slow, and the oracle of every faster way. Fused ops run by their
// decompositions, scan by its body, once per step.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "src/graph/graph.h"

namespace strata {

// Sees the outputs of each node as they are made: of the graph, of a decomposition, of a scan's body (once per step).
using InterpreterObserver = std::function<void(const Graph& graph, std::int32_t node, std::span<const Tensor> outputs)>;

// The graph's outputs. Every shape in `graph` must be a number (specialize). Inputs by name, variables by number; the
// graph's updates are applied to `variables` after every node has run.
std::vector<Tensor> interpret(const Graph& graph, const std::map<std::string, Tensor>& inputs,
                              std::map<std::int64_t, Tensor>& variables, const InterpreterObserver& observer = {});
std::vector<Tensor> interpret(const Graph& graph, const std::map<std::string, Tensor>& inputs = {});

}  // namespace strata
