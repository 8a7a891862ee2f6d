#include "src/spec/render.h"

#include <filesystem>

namespace strata {
namespace {

template <Described T>
Node rendered_section(const T& section) {
  Node node = Node::mapping();
  for (const auto& [name, value] : T::schema().config(&section).arguments) node.set(name, node_of(value));
  return node;
}

// All arguments of an object, and of the objects in them.
ObjectConfig with_defaults(std::string_view kind, const ObjectConfig& object) {
  const ComponentType& type = component_named(kind, object.name);
  return type.schema.config(make_component(type, object).get());
}
Node rendered(std::string_view kind, const ObjectConfig& object) { return node_of(Config(with_defaults(kind, object))); }

Node shape_node(const Shape& shape) {
  Node list = Node::sequence();
  for (const Dim& d : shape) list.append(d == Dim(-1) ? Node::null() : Node::integer(d.value()));
  return list;
}

Node reference_node(const Reference& r) { return Node::string(r.output == 0 ? r.name : r.name + "/" + std::to_string(r.output)); }

Node input_node(const InputSpec& in) {
  Node node = Node::mapping();
  node.set("shape", shape_node(in.shape));
  if (in.batch_size) node.set("batch_size", Node::integer(*in.batch_size));
  node.set("dtype", Node::string(std::string(name_of(in.dtype))));
  return node;
}

Node mapping_of(const ModelSpec& model);
Node list_of(const ModelSpec& model);
void add_trainable(Node& node, const ModelSpec& model);

void add_wiring(Node& node, const LayerSpec& layer, const char* key) {
  if (layer.inputs.size() == 1) {
    node.set(key, reference_node(layer.inputs.front()));
  } else if (!layer.inputs.empty()) {
    Node list = Node::sequence();
    for (const Reference& r : layer.inputs) list.append(reference_node(r));
    node.set(key, std::move(list));
  } else if (!layer.named.empty()) {
    Node map = Node::mapping();
    for (const auto& [argument, r] : layer.named) map.set(argument, reference_node(r));
    node.set(key, std::move(map));
  }
  if (!layer.call.empty()) node.set("call", node_of(Config(layer.call)));
}

// In a list, a layer is called on the one above, so its wiring goes without saying.
Node rendered(const LayerSpec& layer, bool in_list) {
  Node entry = Node::mapping();
  if (!layer.shared.empty()) {
    entry.set("layer", Node::string(layer.shared));
    entry.set("name", Node::string(layer.name));
    add_wiring(entry, layer, "inputs");
    return entry;
  }
  if (layer.model) {
    const bool is_sequential = layer.model->is_sequential();
    Node& inner = entry.set(is_sequential ? "Sequential" : "Model", is_sequential ? Node::mapping() : mapping_of(*layer.model));
    if (is_sequential) {
      inner.set("name", Node::string(layer.model->name));
      inner.set("layers", list_of(*layer.model));
      add_trainable(inner, *layer.model);
    }
    if (!in_list) add_wiring(inner, layer, "call_inputs");
    return entry;
  }
  const ObjectConfig whole = with_defaults(Layer::kind, *layer.layer);
  Node& arguments = entry.set(whole.name, Node::mapping());
  arguments.set("name", Node::string(layer.name));
  for (const auto& [name, value] : whole.arguments)
    if (name != "name") arguments.set(name, node_of(value));
  if (!in_list) add_wiring(arguments, layer, "inputs");
  return entry;
}

Node rendered(const ModelSpec& model) {
  if (!model.keras.is_null()) return model.keras;
  return model.is_sequential() ? list_of(model) : mapping_of(model);
}

Node list_of(const ModelSpec& model) {
  Node list = Node::sequence();
  Node input = input_node(model.inputs[0]);
  input.set("name", Node::string(model.inputs[0].name));
  Node entry = Node::mapping();
  entry.set("Input", std::move(input));
  list.append(std::move(entry));
  for (const LayerSpec& layer : model.layers) list.append(rendered(layer, true));
  return list;
}

void add_trainable(Node& node, const ModelSpec& model) {
  if (model.trainable.empty()) return;
  Node& trainable = node.set("trainable", Node::mapping());
  for (const auto& [path, value] : model.trainable) trainable.set(path, Node::boolean(value));
}

Node mapping_of(const ModelSpec& model) {
  Node node = Node::mapping();
  if (!model.name.empty()) node.set("name", Node::string(model.name));
  Node& inputs = node.set("inputs", Node::mapping());
  for (const InputSpec& in : model.inputs) inputs.set(in.name, input_node(in));
  Node& layers = node.set("layers", Node::sequence());
  for (const LayerSpec& layer : model.layers) layers.append(rendered(layer, false));
  Node outputs = Node::mapping();
  for (const auto& [name, r] : model.outputs) outputs.set(name, reference_node(r));
  node.set("outputs", std::move(outputs));
  add_trainable(node, model);
  return node;
}

template <class T, class F>
Node per_output(const PerOutput<T>& given, F to_node) {
  if (given.empty()) return Node::null();
  if (given.single()) return to_node(given.entries().front());
  if (!given.by_name().empty()) {
    Node map = Node::mapping();
    for (const auto& [name, value] : given.by_name()) map.set(name, to_node(value));
    return map;
  }
  Node list = Node::sequence();
  for (const T& value : given.entries()) list.append(to_node(value));
  return list;
}

Node rendered(const CompileSpec& compile) {
  Node node = Node::mapping();
  if (compile.optimizer) node.set("optimizer", rendered(Optimizer::kind, *compile.optimizer));
  const auto object = [](std::string_view kind) {
    return [kind](const Config& config) {
      const auto* value = config.as<ObjectConfig>();
      return value ? rendered(kind, *value) : node_of(config);
    };
  };
  const auto metrics = [&](const std::vector<Config>& list) {
    Node node_list = Node::sequence();
    for (const Config& metric : list) node_list.append(object(Metric::kind)(metric));
    return node_list;
  };
  if (!compile.loss.empty()) node.set("loss", per_output(compile.loss, object(Loss::kind)));
  if (!compile.loss_weights.empty()) node.set("loss_weights", per_output(compile.loss_weights, [](double w) { return Node::number(w); }));
  if (!compile.metrics.empty()) node.set("metrics", per_output(compile.metrics, metrics));
  if (!compile.weighted_metrics.empty()) node.set("weighted_metrics", per_output(compile.weighted_metrics, metrics));
  const Node rest = rendered_section(compile);
  for (std::size_t i = 0; i < rest.size(); ++i) node.set(rest.key(i).text(), rest[i]);
  return node;
}

Node rendered(const FitSpec& fit) {
  Node node = rendered_section(fit);
  if (fit.compile) node.set("compile", rendered(*fit.compile));
  if (!fit.trainable.empty()) {
    Node& trainable = node.set("trainable", Node::mapping());
    for (const auto& [path, value] : fit.trainable) trainable.set(path, Node::boolean(value));
  }
  return node;
}

class PathRewrite {
 public:
  PathRewrite(const Spec& spec, bool absolute) : spec_(spec), absolute_(absolute) {}
  std::string operator()(const std::string& path) const {
    return absolute_ ? std::filesystem::absolute(spec_.path(path)).lexically_normal().string() : path;
  }
  Config operator()(const Config& config) const {
    if (const auto* text = config.as<std::string>()) return (*this)(*text);
    if (const auto* map = config.as<Config::Mapping>()) {
      Config::Mapping rewritten;
      for (const auto& [name, value] : *map) rewritten.emplace_back(name, (*this)(value));
      return rewritten;
    }
    return config;
  }

 private:
  const Spec& spec_;
  bool absolute_;
};

// What is null says nothing in a table.
Node rendered(DataTable table, const PathRewrite& path) {
  if (table.file) table.file = path(*table.file);
  else
    for (Config* columns : {&table.x, &table.y, &table.sample_weight}) *columns = path(*columns);
  const bool text = table.reader() == "text", images = table.reader() == "image_folder", table_of_cells = table.reader() == "csv";
  table.format = table.reader();
  Node node = Node::mapping();
  for (const auto& [name, value] : DataTable::schema().config(&table).arguments) {
    if (value.is_null() || (!table_of_cells && name == "missing") || (!text && (name == "tokens" || name == "stride")) || (!images && name == "color_mode")) continue;
    node.set(name, node_of(value));
  }
  return node;
}

Node rendered(const DataSpec& data, const PathRewrite& path) {
  Node node = Node::mapping();
  if (data.train) node.set("train", rendered(*data.train, path));
  if (data.validation) node.set("validation", rendered(*data.validation, path));
  if (data.test) node.set("test", rendered(*data.test, path));
  node.set("stratify", Node::boolean(data.stratify));
  return node;
}

}  // namespace

Node render_spec(const Spec& spec, bool absolute_paths) {
  const PathRewrite path(spec, absolute_paths);
  Node tree = Node::mapping();
  if (!spec.name.empty()) tree.set("name", Node::string(spec.name));
  tree.set("model", spec.model.file.empty() ? rendered(spec.model) : Node::string(path(spec.model.file)));
  if (spec.compile) tree.set("compile", rendered(*spec.compile));
  if (spec.data) tree.set("data", rendered(*spec.data, path));
  if (spec.fit_is_list) {
    Node& stages = tree.set("fit", Node::sequence());
    for (const FitSpec& stage : spec.fit) stages.append(rendered(stage));
  } else {
    tree.set("fit", rendered(spec.fit.empty() ? FitSpec() : spec.fit.front()));
  }
  Node callbacks = Node::sequence();
  for (const ObjectConfig& callback : spec.callbacks) callbacks.append(rendered(Callback::kind, callback));
  tree.set("callbacks", std::move(callbacks));
  RunSpec run = spec.run;
  if (run.choices) run.choices = path(*run.choices);
  tree.set("run", rendered_section(run));
  return tree;
}

}  // namespace strata
