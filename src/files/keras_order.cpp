#include "src/files/keras_order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "src/model/update.h"

namespace strata {
namespace {

std::string join(const std::string& a, const std::string& b) { return a.empty() || b.empty() ? a + b : a + "/" + b; }

// What Keras calls an operation: an input's call, or a layer, however often it is called.
const void* operation(const LayerCall& call) { return call.input ? static_cast<const void*>(&call) : call.layer.object(); }

std::vector<const LayerCall*> parents(const LayerCall& call) {
  std::vector<const LayerCall*> found;
  for (const LayerOutput& in : call.inputs) found.push_back(in.call().get());
  for (const auto& [name, in] : call.named) found.push_back(in.call().get());
  return found;
}

// The group that Keras gives to a scope inside a layer: the attribute that holds what is there.
std::string group_of_scope(const Layer& layer, const std::string& scope) {
  for (const InnerLayer& inner : layer.inner()) {
    if (scope != inner.name && scope.rfind(inner.name + "/", 0) != 0) continue;
    const std::string rest = scope.substr(std::min(scope.size(), inner.name.size() + 1));
    return join(inner.attribute, inner.layer ? group_of_scope(inner.layer, rest) : rest);
  }
  return scope;
}

// Weights before states, each in the order in which they were made.
void weights_first(std::vector<std::int64_t>& ids, const Variables& store) {
  std::stable_partition(ids.begin(), ids.end(), [&](std::int64_t id) { return store.at(id).kind == VariableKind::weight; });
}

std::vector<std::int64_t> variables_under(const ModelState& model, const std::string& path) {
  std::vector<std::int64_t> ids;
  for (const std::int64_t id : model.own_variables())
    if (model.store->at(id).path.rfind(path + "/", 0) == 0) ids.push_back(id);
  return ids;
}

void collect(const ModelState& model, const std::string& path, std::vector<VariableGroup>& groups) {
  groups.push_back({path, model.name, {}});
  for (const auto& [layer, group] : layer_groups(model, path)) {
    if (const Nested* nested = layer.layer ? layer.layer.as<Nested>() : nullptr) {
      collect(*nested->model, group, groups);
      continue;
    }
    groups.push_back({group, layer.name, {}, layer.layer});
    const std::size_t own = groups.size() - 1;
    const std::string scope = join(model.prefix, layer.name);
    std::map<std::string, std::size_t> inner;  // group of a scope inside: its place
    for (const std::int64_t id : variables_under(model, scope)) {
      const std::string rest = model.store->at(id).path.substr(scope.size() + 1);
      const std::size_t slash = rest.rfind('/');
      const std::string in = group_of_scope(layer.layer, slash == std::string::npos ? "" : rest.substr(0, slash));
      const auto [found, fresh] = inner.try_emplace(in, groups.size());
      if (in.empty()) found->second = own;
      else if (fresh) groups.push_back({join(group, in), in.substr(in.rfind('/') + 1), {}});
      groups[found->second].variables.push_back(id);
    }
    for (std::size_t i = own; i < groups.size(); ++i) weights_first(groups[i].variables, *model.store);
  }
}

}  // namespace

std::vector<LayerGraph::Entry> keras_layers(const ModelState& model) {
  std::vector<LayerGraph::Entry> layers = model.graph.layers();
  if (model.sequential) {
    std::erase_if(layers, [](const LayerGraph::Entry& e) { return !e.layer; });
    return layers;
  }
  std::vector<const LayerCall*> inputs_to_outputs;
  std::map<const void*, int> met, depth;
  std::map<const LayerCall*, int> node_depth;
  std::set<const LayerCall*> finished;
  const std::function<void(const LayerCall&)> visit = [&](const LayerCall& call) {
    if (finished.count(&call)) return;
    met.try_emplace(operation(call), static_cast<int>(met.size()));
    if (!call.input)
      for (const LayerCall* parent : parents(call)) visit(*parent);
    finished.insert(&call);
    inputs_to_outputs.push_back(&call);
  };
  for (const LayerOutput& output : model.graph.outputs()) visit(*output.call());
  for (std::size_t i = inputs_to_outputs.size(); i-- > 0;) {
    const LayerCall* call = inputs_to_outputs[i];
    int& of_layer = depth[operation(*call)];
    of_layer = node_depth[call] = std::max(node_depth[call], of_layer);
    for (const LayerCall* parent : parents(*call)) node_depth[parent] = std::max(node_depth[parent], of_layer + 1);
  }
  const auto rank = [&](const LayerGraph::Entry& e) {
    const void* key = operation(*e.call);
    const auto found = met.find(key);
    return std::pair(-depth[key], found == met.end() ? -1 : found->second);  // an input that reaches no output: depth 0, first
  };
  std::stable_sort(layers.begin(), layers.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return layers;
}

std::vector<std::pair<LayerGraph::Entry, std::string>> layer_groups(const ModelState& model, const std::string& path) {
  std::vector<std::pair<LayerGraph::Entry, std::string>> groups;
  std::map<std::string, int> used;
  for (const LayerGraph::Entry& layer : keras_layers(model)) {
    const Nested* nested = layer.layer ? layer.layer.as<Nested>() : nullptr;
    const std::string class_name = nested ? (nested->model->sequential ? "sequential" : "functional")
                                   : layer.layer ? snake_case(layer.layer.name())
                                                 : "input_layer";
    const int n = used[class_name]++;
    groups.emplace_back(layer, join(path, "layers/" + (n == 0 ? class_name : fmt::format("{}_{}", class_name, n))));
  }
  return groups;
}

std::vector<VariableGroup> variable_groups(const ModelState& model) {
  std::vector<VariableGroup> groups;
  collect(model, "", groups);
  return groups;
}

std::vector<std::int64_t> trainable_variables(const ModelState& model) {
  std::vector<std::int64_t> ids;
  for (const VariableGroup& group : variable_groups(model))
    for (const std::int64_t id : group.variables)
      if (const Variable& v = model.store->at(id); v.kind == VariableKind::weight && v.trainable) ids.push_back(id);
  return ids;
}

std::vector<std::int64_t> optimizer_variables(ModelState& model) {
  OptimizerState& state = *model.optimizer;
  // Tracing an update makes every slot; the loss that it is traced for does not matter.
  if (state.variables.list().empty()) {
    Trace trace(true);
    trace.enter(*model.store, model.run.seed);
    const std::vector<Trainable> weights = trainable_weights(*model.store);
    Value loss;
    for (const Trainable& t : weights)
      for (const std::int64_t id : t.ids) {
        const Value part = cast(sum(trace.read(*t.store, id)), DType::float32);
        loss = loss ? loss + part : part;
      }
    if (!loss) return {};
    minimize(trace, loss, weights, state, false);
  }

  const Variables& variables = state.variables;
  std::vector<std::int64_t> order;
  const auto take = [&](const std::string& path) {
    if (const auto id = variables.find(path)) order.push_back(*id);
  };
  if (state.optimizer.wraps())
    for (const char* own : loss_scale_variables) take(own);
  take("iteration");
  take("learning_rate");
  std::vector<std::string> weights;
  for (const std::int64_t id : trainable_variables(model)) weights.push_back(model.store->at(id).path);
  for (const char* slot : {"average", "gradient_accumulator"})
    for (const std::string& weight : weights) take(weight + "/" + slot);

  // Slots by group, in a group weight by weight, of a weight in the order in which the rule asks for them.
  std::map<int, std::vector<std::string>> slots;
  for (const Variable& v : variables.list()) {
    if (v.slot.empty() || v.slot == "average" || v.slot == "gradient_accumulator") continue;
    auto& names = slots[state.optimizer.rule().slot_group(v.slot)];
    if (std::find(names.begin(), names.end(), v.slot) == names.end()) names.push_back(v.slot);
  }
  for (const auto& [group, names] : slots)
    for (const std::string& weight : weights)
      for (const std::string& slot : names) take(weight + "/" + slot);
  for (std::size_t i = 0; i < variables.list().size(); ++i)  // scalars of the optimizer as a whole
    if (const auto id = static_cast<std::int64_t>(i); std::find(order.begin(), order.end(), id) == order.end()) order.push_back(id);
  return order;
}

}  // namespace strata
