// A graph copied with some of its nodes replaced: how passes that look for a pattern are written.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "src/graph/graph.h"

namespace strata {

// Where a value of the old graph is in the new one; of nodes that were copied already.
using NewPlace = std::function<Value(Port)>;
// The outputs of what stands in the new graph for a node of the old one; none: a copy does.
using Replacement = std::function<std::optional<std::vector<Value>>(std::int32_t node, Graph& to, const NewPlace& at)>;

// Nodes keep their order and places. What nobody reads any more is still there: simplify() takes it away.
Graph rewrite(const Graph& from, const Replacement& replacement);

}  // namespace strata
