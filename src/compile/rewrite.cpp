#include "src/compile/rewrite.h"

namespace strata {

Graph rewrite(const Graph& from, const Replacement& replacement) {
  Graph to;
  std::vector<std::vector<Value>> moved;
  const NewPlace at = [&](Port p) { return moved[static_cast<std::size_t>(p.node)][static_cast<std::size_t>(p.output)]; };
  for (const OpNode& n : from.nodes()) {
    to.place = n.place;
    if (auto replaced = replacement(static_cast<std::int32_t>(moved.size()), to, at)) {
      moved.push_back(std::move(*replaced));
      continue;
    }
    std::vector<Value> inputs;
    for (const Port& p : n.inputs) inputs.push_back(at(p));
    const bool is_tensor = n.op->name == "constant" && n.attributes.has("tensor");
    const Value first = is_tensor ? to.constant(from.tensor(n.attributes.integer("tensor"))) : to.add(*n.op, std::move(inputs), n.attributes);
    std::vector<Value> outputs;
    for (std::size_t k = 0; k < n.outputs.size(); ++k) outputs.emplace_back(&to, first.node(), static_cast<std::int32_t>(k));
    moved.push_back(std::move(outputs));
  }
  for (const Port& p : from.outputs) to.outputs.push_back(port(at(p)));
  for (const auto& [id, p] : from.updates) to.updates.emplace_back(id, port(at(p)));
  to.place.clear();
  return to;
}

}  // namespace strata
