#include "src/compile/steady.h"

namespace strata {

std::vector<bool> steady_nodes(const Graph& graph, const SteadyVariables& variables, const std::set<Port>& given_out) {
  std::vector<bool> steady(graph.nodes().size());
  if (!variables) return steady;
  std::vector<bool> computed_each_run(graph.nodes().size());
  for (const Port& p : given_out) computed_each_run[static_cast<std::size_t>(p.node)] = true;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const OpNode& n = graph.nodes()[i];
    if (n.op->kind == OpKind::leaf) {
      steady[i] = n.op->name == "constant" || (n.op->name == "variable" && variables(n.attributes.integer("id")));
      continue;
    }
    // A scan has a plan of its own, a pack a place of its own; draws change with the step.
    bool same = n.op->kind != OpKind::scan && n.op->kind != OpKind::random && n.op->name != "pack" && !computed_each_run[i];
    for (const Port& p : n.inputs) same = same && steady[static_cast<std::size_t>(p.node)];
    steady[i] = same;
  }
  return steady;
}

}  // namespace strata
