#include "src/files/legacy_h5.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <strata/error.h>
#include "src/files/keras_config.h"
#include "src/files/keras_model.h"
#include "src/files/keras_order.h"
#include "src/spec/reader.h"

namespace strata {
namespace {

constexpr const char* keras_version = "3.15.1";  // whose layout this is

// A layer's variables as `layer.weights` lists them: those that are trained first, then the others.
struct LayerVariables { std::string name; std::vector<std::int64_t> ids; };
std::vector<LayerVariables> layer_variables(const ModelState& model) {
  std::vector<LayerVariables> layers;
  const std::vector<VariableGroup> groups = variable_groups(model);
  for (const LayerGraph::Entry& e : keras_layers(model)) {
    const std::string path = (model.prefix.empty() ? e.name : model.prefix + "/" + e.name) + "/";
    LayerVariables layer{e.name, {}};
    for (const VariableGroup& group : groups)
      for (const std::int64_t id : group.variables)
        if (model.store->at(id).path.starts_with(path)) layer.ids.push_back(id);
    std::stable_partition(layer.ids.begin(), layer.ids.end(), [&](std::int64_t id) {
      const Variable& v = model.store->at(id);
      return v.kind == VariableKind::weight && v.trainable;
    });
    layers.push_back(std::move(layer));
  }
  return layers;
}

void put(H5Group& group, const std::string& path, Tensor value) {
  const std::size_t slash = path.rfind('/');
  H5Group& folder = slash == std::string::npos ? group : group.make_group(path.substr(0, slash));
  folder.datasets[slash == std::string::npos ? path : path.substr(slash + 1)] = std::move(value);
}

std::vector<std::string> names(const H5Group& group, const char* attribute, const std::string& file) {
  const auto list = group.list(attribute);
  if (!list) throw Error(ErrorKind::data, fmt::format("{}: is no Keras file: the list '{}' is missing", file, attribute));
  return *list;
}

}  // namespace

bool is_legacy_h5(const H5Group& root) { return root.groups.count("model_weights") || root.attributes.count("layer_names") || root.attributes.count("layer_names0"); }

H5Group legacy_tree(const Model& model) {
  using Json = nlohmann::ordered_json;
  ModelState& state = model.state();
  H5Group root;
  root.attributes["keras_version"] = keras_version;
  root.attributes["backend"] = "strata";
  Json config = Json::parse(keras_config(model));
  if (config.contains("compile_config")) {
    Json training = config["compile_config"];
    const Json optimizer = training["optimizer"];
    training.erase("optimizer");
    training["optimizer_config"] = {{"class_name", optimizer["class_name"]}, {"config", optimizer["config"]}};
    root.attributes["training_config"] = training.dump();
    config.erase("compile_config");
  }
  root.attributes["model_config"] = config.dump();

  H5Group& weights = root.make_group("model_weights");
  weights.attributes["keras_version"] = keras_version;
  weights.attributes["backend"] = "strata";
  std::vector<std::string> layer_names;
  for (const LayerVariables& layer : layer_variables(state)) {
    layer_names.push_back(layer.name);
    H5Group& group = weights.make_group(layer.name);
    std::vector<std::string> weight_names;
    for (const std::int64_t id : layer.ids) {
      weight_names.push_back(state.own_path(state.store->at(id).path));
      put(group, weight_names.back(), state.store->read(id));
    }
    group.attributes["weight_names"] = std::move(weight_names);
  }
  weights.attributes["layer_names"] = std::move(layer_names);
  weights.make_group("top_level_model_weights").attributes["weight_names"] = std::vector<std::string>{};

  if (state.optimizer && !state.optimizer->variables.list().empty()) {
    H5Group& group = root.make_group("optimizer_weights");
    const std::string prefix = snake_case(state.optimizer->optimizer.name()) + "/";
    std::vector<std::string> weight_names;
    for (const std::int64_t id : optimizer_variables(state)) {
      std::string name = state.optimizer->variables.at(id).path;
      std::replace(name.begin(), name.end(), '/', '_');
      weight_names.push_back(prefix + name);
      put(group, weight_names.back(), state.optimizer->variables.read(id));
    }
    group.attributes["weight_names"] = std::move(weight_names);
  }
  return root;
}

void set_legacy_weights(Model& model, const H5Group& root, const std::string& file, bool with_optimizer) {
  ModelState& state = model.state();
  const H5Group* weights = root.find_group("model_weights");
  if (!weights) weights = &root;  // a file of weights alone
  const auto bad = [&](const std::string& what) { return Error(ErrorKind::data, file + ": " + what, "the file belongs to another model"); };
  struct Source { const H5Group* group; std::string layer; std::vector<std::string> names; };
  std::vector<Source> sources;
  for (const std::string& name : names(*weights, "layer_names", file)) {
    const H5Group* group = weights->find_group(name);
    if (!group) throw bad(fmt::format("the group of layer '{}' is missing", name));
    if (auto list = names(*group, "weight_names", file); !list.empty()) sources.push_back({group, name, std::move(list)});
  }
  std::vector<LayerVariables> layers = layer_variables(state);
  std::erase_if(layers, [](const LayerVariables& l) { return l.ids.empty(); });
  if (layers.size() != sources.size()) throw bad(fmt::format("{} layers have weights, {} in the model", sources.size(), layers.size()));
  std::vector<std::pair<std::int64_t, const Tensor*>> changes;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].ids.size() != sources[i].names.size())
      throw bad(fmt::format("layer '{}' has {} weights, '{}' of the model has {}", sources[i].layer, sources[i].names.size(), layers[i].name, layers[i].ids.size()));
    for (std::size_t k = 0; k < layers[i].ids.size(); ++k) {
      const Tensor* t = sources[i].group->find_dataset(sources[i].names[k]);
      const Variable& v = state.store->at(layers[i].ids[k]);
      if (!t) throw bad(fmt::format("the weight '{}' is missing", sources[i].names[k]));
      if (t->shape() != v.type.dims)
        throw bad(fmt::format("'{}' is ({}), '{}' of the model is ({})", sources[i].names[k], fmt::join(t->shape(), ", "), state.own_path(v.path), fmt::join(v.type.dims, ", ")));
      changes.emplace_back(layers[i].ids[k], t);
    }
  }
  for (const auto& [id, value] : changes) state.store->write(id, *value);
  state.mark_adapted();

  const H5Group* optimizer = root.find_group("optimizer_weights");
  if (!with_optimizer || !state.optimizer || !optimizer) return;
  const std::vector<std::string> list = names(*optimizer, "weight_names", file);
  const std::vector<std::int64_t> order = optimizer_variables(state);
  std::vector<const Tensor*> values;
  for (std::size_t i = 0; i < list.size() && list.size() == order.size(); ++i)
    if (const Tensor* t = optimizer->find_dataset(list[i]); t && t->shape() == state.optimizer->variables.at(order[i]).type.dims) values.push_back(t);
  if (values.size() != order.size()) {
    state.warnings.push_back(fmt::format("{}: the optimizer's {} variables do not fit {}, which has {}: they were left out", file, list.size(), state.optimizer->optimizer.name(), order.size()));
    return;
  }
  for (std::size_t i = 0; i < order.size(); ++i) state.optimizer->variables.write(order[i], *values[i]);
}

Model model_of_legacy(const H5Group& root, const RunOptions& run, const std::string& file) {
  const std::string* config = root.text("model_config");
  if (!config) throw Error(ErrorKind::data, fmt::format("{}: holds weights without an architecture", file), "name the model and give this file as --weights");
  Node json = read_tree(SourceText::from_text(file + ".json", *config));
  if (const std::string* training = root.text("training_config")) {
    Node compile = read_tree(SourceText::from_text(file + ".json", *training));
    if (const Node* optimizer = compile.find("optimizer_config")) {
      Node copy = *optimizer;
      compile.set("optimizer", std::move(copy));
    }
    json.set("compile_config", std::move(compile));
  }
  Model model = model_of_keras(json, run, file);
  set_legacy_weights(model, root, file, true);
  return model;
}

}  // namespace strata
