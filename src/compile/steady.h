// What a step computes alike run after run: values that follow from constants and from variables that the step does not
// write. Their calls run once, and again when somebody has written such a variable: a frozen layer's statistics, a weight in
// a kernel's own form, a kernel scaled by the batch norm behind it.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "src/graph/graph.h"

namespace strata {

// Whether a variable, by its number, is one. None: nothing counts as steady, not even constants.
using SteadyVariables = std::function<bool(std::int64_t)>;

// By node. Nodes of which an output is in `given_out` are computed in every run, and so is what follows from them.
std::vector<bool> steady_nodes(const Graph& graph, const SteadyVariables& variables, const std::set<Port>& given_out = {});

}  // namespace strata
