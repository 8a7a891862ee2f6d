#include "src/compile/plan_store.h"

#include <map>
#include <mutex>

#include <fmt/format.h>

namespace strata {
namespace {

// The elements of the graph's constants, which print() leaves out; those of scan bodies too.
void add_constants(std::string& key, const Graph& graph) {
  for (const OpNode& n : graph.nodes()) {
    for (const auto& [name, value] : n.attributes)
      if (const auto* body = std::get_if<std::shared_ptr<const Graph>>(&value)) add_constants(key, **body);
    if (n.op->name != "constant" || !n.attributes.has("tensor")) continue;
    const Tensor& t = graph.tensor(n.attributes.integer("tensor"));
    key.append(static_cast<const char*>(t.data()), t.bytes());
  }
}

// All that a plan depends on. Mode, dtype policy, optimizer, loss and what is trainable are in the graph. (Backends are opened
// once and stay.)
std::string key_of(const Graph& graph, const Backend& backend, std::span<const VariablePlace> variables, const CompileOptions& o) {
  std::string key = fmt::format("{} {} {}{}{}{}{}{}{}{}\n", backend.name(), static_cast<const void*>(&backend), o.fold, o.merge, o.prune,
                                o.absorb, o.fuse, o.prepare, o.reorder, o.reuse);
  for (const auto& [signature, kernel] : o.choices) key += fmt::format("{} = {}\n", signature, kernel);
  for (const VariablePlace& v : variables)
    key += fmt::format("{}+{} {}({})\n", v.group, v.offset, name_of(v.type.dtype), fmt::join(v.type.dims, ","));
  key += print(graph);
  add_constants(key, graph);
  return key;
}

}  // namespace

std::shared_ptr<const Plan> shared_plan(const Graph& graph, Backend& backend, Backend& reference,
                                        std::span<const VariablePlace> variables, const CompileOptions& options) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Plan>> plans;
  const std::string key = key_of(graph, backend, variables, options);
  const auto known = [&]() -> std::shared_ptr<const Plan> {
    const auto found = plans.find(key);
    return found == plans.end() ? nullptr : found->second.lock();
  };
  {
    const std::lock_guard lock(mutex);
    if (auto plan = known()) return plan;
  }
  const std::shared_ptr<const Plan> made = compile(graph, backend, reference, variables, options);  // others may compile meanwhile
  const std::lock_guard lock(mutex);
  if (auto plan = known()) return plan;
  std::erase_if(plans, [](const auto& entry) { return entry.second.expired(); });
  plans[key] = made;
  return made;
}

}  // namespace strata
