#include "src/files/keras_model.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/files/legacy_h5.h"
#include "src/files/model_files.h"
#include "src/files/vocabularies.h"
#include "src/files/weights_h5.h"
#include "src/io/atomic_file.h"
#include "src/io/zip.h"
#include "src/model/model_state.h"
#include "src/spec/object.h"
#include "src/spec/reader.h"

namespace strata {
namespace {

constexpr std::uint64_t max_config_bytes = std::uint64_t{16} << 20;

// Keys that Keras writes beside a constructor's arguments, or that change nothing here.
const std::set<std::string, std::less<>> without_effect = {
    "implementation", "time_major", "use_cudnn", "flash_attention", "lora_rank", "lora_alpha", "weights", "synchronized", "zero_output_for_mask", "unroll",
    "is_legacy_optimizer", "jit_compile", "fn", "rms_scaling", "sparse", "ragged", "autocast", "quantization_config", "vocabulary_size", "oov_method"};

// Arguments that older files keep of a LossScaleOptimizer; Keras says that they did nothing there.
const std::set<std::string, std::less<>> of_the_one_inside = {"use_ema", "ema_momentum", "dynamic"};

class Import {
 public:
  // `vocabulary`: what the file keeps for a layer's group beside the config.
  using Vocabulary = std::function<Config(const std::string& group, bool integers)>;
  Import(const RunOptions& run, std::string file, Vocabulary vocabulary) : run_(run), file_(std::move(file)), vocabulary_(std::move(vocabulary)) {}

  Model model(const Node& json) {
    const std::string class_name = text(json, "class_name");
    if (class_name == "Sequential") return sequential(at(json, "config"));
    if (class_name == "Functional" || class_name == "Model") return functional(at(json, "config"));
    throw bad(fmt::format("the class '{}' is no model that can be read", class_name), "Sequential and Functional are");
  }

  void compile(Model& model, const Node& config) {
    CompileArguments c;
    const Node* optimizer = config.find("optimizer");
    if (!optimizer || optimizer->is_null()) return;
    c.optimizer.assign(object(*optimizer, Optimizer::kind, "the optimizer"));
    if (const Node* loss = config.find("loss")) c.loss = per_output<Loss>(*loss, [&](const Node& n) { return this->loss(n); });
    if (const Node* weights = config.find("loss_weights"); weights && !weights->is_null())
      c.loss_weights = per_output<double>(*weights, [](const Node& n) { return n.is_integer() ? static_cast<double>(n.as_integer()) : n.as_number(); });
    const std::size_t outputs = model.output_names().size();
    if (const Node* metrics = config.find("metrics")) c.metrics = metric_lists(*metrics, outputs);
    if (const Node* metrics = config.find("weighted_metrics")) c.weighted_metrics = metric_lists(*metrics, outputs);
    model.compile(std::move(c));
  }

 private:
  Error bad(const std::string& what, const std::string& hint = {}) const { return {ErrorKind::data, file_ + ": " + what, hint}; }

  const Node& at(const Node& node, const char* key) const {
    const Node* found = node.is_mapping() ? node.find(key) : nullptr;
    if (!found) throw bad(fmt::format("is no model: '{}' is missing", key));
    return *found;
  }
  std::string text(const Node& node, const char* key) const {
    const Node& found = at(node, key);
    if (!found.is_string()) throw bad(fmt::format("'{}' must be a text", key));
    return found.as_string();
  }

  // --- objects -----------------------------------------------------------------------------------------------------------
  // An envelope {class_name, config}, a name, or null.
  Config object(const Node& node, std::string_view kind, const std::string& where) const {
    if (node.is_null()) return {};
    if (node.is_string()) return node.as_string();
    if (!node.is_mapping() || !node.find("class_name")) return config_of(node);
    std::string class_name = text(node, "class_name");
    if (class_name.starts_with("Custom>")) class_name.erase(0, 7);  // what tf.keras calls its own optimizers
    const Node* config = node.find("config");
    if (class_name == "function" && config && config->is_string()) return config->as_string();
    if (class_name == "__lambda__" || class_name == "Lambda" || class_name == "TFSMLayer" || class_name == "TorchModuleWrapper")
      throw bad(fmt::format("{} is code ({}): a model file is data and runs none", where, class_name), "write it as a layer of its own");
    const Node* registered = node.find("registered_name");
    const ComponentType* type = registered && registered->is_string() ? find_component(kind, registered->as_string()) : nullptr;
    if (!type) type = find_component(kind, class_name);
    if (!type) {
      try {
        component_named(kind, class_name);
      } catch (const Error& e) {
        throw bad(fmt::format("{}: {}", where, e.what()), e.hint());
      }
    }
    return ObjectConfig{type->schema.name, config ? arguments(*config, *type, where) : Config::Mapping{}};
  }

  Config::Mapping arguments(const Node& config, const ComponentType& type, const std::string& where) const {
    Config::Mapping result;
    if (!config.is_mapping()) return result;
    for (std::size_t i = 0; i < config.size(); ++i) {
      const std::string& key = config.key(i).text();
      const Field* field = type.schema.find(key);
      if (field) {
        result.emplace_back(key, value(config[i], field->type.component, fmt::format("{}, argument '{}'", where, key)));
      } else if (type.schema.name == "LossScaleOptimizer" && of_the_one_inside.count(key)) {
        continue;
      } else if (!config[i].is_null() && !without_effect.count(key) && key != "name" && key != "dtype" && key != "trainable" && key != "batch_input_shape" && key != "batch_shape") {
        throw bad(fmt::format("{}: the argument '{}' of {} is not known", where, key, type.schema.name), "the file cannot be followed faithfully");
      }
    }
    return result;
  }

  Config value(const Node& node, std::string_view kind, const std::string& where) const {
    if (node.is_mapping() && node.find("class_name")) {
      if (text(node, "class_name") == "__tuple__") return config_of(at(node, "items"));
      if (kind.empty()) {  // a policy
        const Node* config = node.find("config");
        const Node* name = config && config->is_mapping() ? config->find("name") : nullptr;
        return name && name->is_string() ? Config(name->as_string()) : Config();
      }
      return object(node, kind, where);
    }
    if (node.is_sequence() && !kind.empty()) {
      Config::List list;
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(value(node[i], kind, where));
      return list;
    }
    return config_of(node);
  }

  Layer layer(const Node& json) {
    const std::string class_name = text(json, "class_name");
    const std::string group = next_group(class_name);
    if (is_model(class_name)) {
      Groups outer = std::exchange(groups_, {group + "/", {}});
      const Layer inner = model(json).as_layer();
      groups_ = std::move(outer);
      return inner;
    }
    Layer made;
    const std::string name = layer_name(json);
    try {
      Config config = object(json, Layer::kind, fmt::format("layer '{}'", name));
      with_vocabulary(config, group);
      made.assign(config);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::spec) throw;
      throw bad(fmt::format("layer '{}': {}", name, e.what()), e.hint());
    }
    return made;
  }

  // The group of a layer in the file: its class, counted in the order of the layers.
  std::string next_group(const std::string& class_name) {
    const std::string snake = snake_case(class_name == "Model" ? "Functional" : class_name);
    const int n = groups_.used[snake]++;
    return groups_.path + "layers/" + (n == 0 ? snake : fmt::format("{}_{}", snake, n));
  }

  // A vocabulary that lies beside the config decides shapes, so it must be there when the layer is made. The weights of tf_idf
  // come with the variables.
  void with_vocabulary(Config& config, const std::string& group) const {
    const auto* object = config.as<ObjectConfig>();
    const ComponentType* type = object ? find_component(Layer::kind, object->name) : nullptr;
    if (!vocabulary_ || !type || !type->schema.find("vocabulary")) return;
    ObjectConfig with = *object;
    const auto argument = [&](std::string_view name) { return std::find_if(with.arguments.begin(), with.arguments.end(), [&](const auto& a) { return a.first == name; }); };
    if (const auto given = argument("vocabulary"); given != with.arguments.end() && !given->second.is_null()) return;
    const Config tokens = vocabulary_(group, object->name == "IntegerLookup");
    if (tokens.is_null()) return;
    std::erase_if(with.arguments, [](const auto& a) { return a.first == "vocabulary" || a.first == "idf_weights"; });
    with.arguments.emplace_back("vocabulary", tokens);
    if (const auto mode = argument("output_mode"); mode != with.arguments.end() && mode->second == Config("tf_idf"))
      with.arguments.emplace_back("idf_weights", Config::List(tokens.as<Config::List>()->size(), Config(1.0)));
    config = with;
  }

  static bool is_model(const std::string& class_name) { return class_name == "Sequential" || class_name == "Functional" || class_name == "Model"; }
  std::string layer_name(const Node& json) const {
    const Node* config = json.find("config");
    const Node* name = json.find("name");
    if (!name && config && config->is_mapping()) name = config->find("name");
    return name && name->is_string() ? name->as_string() : text(json, "class_name");
  }

  // --- inputs ------------------------------------------------------------------------------------------------------------
  LayerOutput input(const Node& shape, const Node* dtype, const std::string& name) const {
    const Node& dims = shape.is_mapping() && shape.find("items") ? *shape.find("items") : shape;
    if (!dims.is_sequence() || dims.size() == 0) throw bad(fmt::format("the input '{}' has no shape", name));
    std::vector<Dim> axes;
    for (std::size_t i = 1; i < dims.size(); ++i) axes.push_back(dims[i].is_integer() ? Dim(dims[i].as_integer()) : Dim(-1));
    InputOptions options{.name = name, .dtype = DType::float32, .batch_size = {}};
    if (dims[0].is_integer()) options.batch_size = dims[0].as_integer();
    if (dtype && dtype->is_string())
      if (const auto known = dtype_named(dtype->as_string())) options.dtype = *known;
    return Input(Shape(std::move(axes)), options);
  }
  const Node* shape_of(const Node& config) const {
    for (const char* key : {"batch_shape", "batch_input_shape"})
      if (const Node* shape = config.is_mapping() ? config.find(key) : nullptr; shape && !shape->is_null()) return shape;
    return nullptr;
  }

  Model sequential(const Node& config) {
    const Node& layers = config.is_sequence() ? config : at(config, "layers");
    std::optional<LayerOutput> x, first;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const Node& inner = at(layers[i], "config");
      if (text(layers[i], "class_name") == "InputLayer") {
        first = x = input(shape_of(inner) ? *shape_of(inner) : Node::null(), inner.find("dtype"), layer_name(layers[i]));
        continue;
      }
      if (!x) {
        const Node* shape = shape_of(inner);
        if (!shape && config.is_mapping()) shape = config.find("build_input_shape");
        if (!shape || shape->is_null()) throw bad("the model does not say the shape of its input", "build it before it is saved");
        first = x = input(*shape, nullptr, "");
      }
      x = *x | layer(layers[i]);
    }
    if (!x) throw bad("the model has no layers");
    Model model({*first}, {*x}, {.name = config.is_mapping() && config.find("name") ? text(config, "name") : "sequential"}, run_);
    model.state().sequential = true;
    return model;
  }

  // --- functional models -------------------------------------------------------------------------------------------------
  struct Made {
    Layer layer;
    std::vector<LayerOutput> calls;  // the outputs of each call, by node
    bool functional = false;
    std::string operation = {};      // its class, where it is no layer
  };

  static const Node* history(const Node& node) {
    if (!node.is_mapping()) return nullptr;
    const Node* class_name = node.find("class_name");
    if (!class_name || !class_name->is_string() || class_name->as_string() != "__keras_tensor__") return nullptr;
    const Node* config = node.find("config");
    return config && config->is_mapping() ? config->find("keras_history") : nullptr;
  }

  // [layer, node, tensor], or nothing where that call is not made yet.
  std::optional<LayerOutput> output(const std::map<std::string, Made>& made, const Node& place, int offset = 0) const {
    if (!place.is_sequence() || place.size() < 3 || !place[0].is_string() || !place[1].is_integer() || !place[2].is_integer())
      throw bad("a place in the graph must be [layer, node, tensor]");
    const auto found = made.find(place[0].as_string());
    if (found == made.end()) return std::nullopt;
    if (!found->second.operation.empty())
      throw bad(fmt::format("a layer is fed by '{}', an operation ({}) that is no layer", found->first, found->second.operation),
                "only layers, and the operations that make masks, are followed");
    const std::int64_t node = place[1].as_integer() - (found->second.functional ? offset : 0);
    if (node < 0 || node >= static_cast<std::int64_t>(found->second.calls.size())) return std::nullopt;
    return found->second.calls[static_cast<std::size_t>(node)][static_cast<int>(place[2].as_integer())];
  }

  struct Arguments {
    std::vector<LayerOutput> inputs;
    CallOptions options;
    bool ready = true;
  };
  void take(const std::map<std::string, Made>& made, const Node& node, Arguments& arguments) const {
    if (const Node* place = history(node)) {
      const auto x = output(made, *place);
      if (x) arguments.inputs.push_back(*x);
      else arguments.ready = false;
    } else if (node.is_sequence()) {
      for (std::size_t i = 0; i < node.size(); ++i) take(made, node[i], arguments);
    }
  }

  Arguments arguments_of(const std::map<std::string, Made>& made, const Node& node) const {
    Arguments result;
    if (node.is_sequence()) {  // Keras 2: [[layer, node, tensor, {arguments}], ...]
      for (std::size_t i = 0; i < node.size(); ++i) {
        if (const auto x = output(made, node[i])) result.inputs.push_back(*x);
        else result.ready = false;
        if (node[i].size() > 3) options_of(made, node[i][3], result);
      }
      return result;
    }
    take(made, at(node, "args"), result);
    if (const Node* kwargs = node.find("kwargs")) options_of(made, *kwargs, result);
    return result;
  }
  void options_of(const std::map<std::string, Made>& made, const Node& kwargs, Arguments& result) const {
    if (!kwargs.is_mapping()) return;
    for (std::size_t i = 0; i < kwargs.size(); ++i) {
      const std::string& key = kwargs.key(i).text();
      if (key == "mask" || key == "query_mask" || key == "value_mask" || key == "key_mask") continue;  // masks travel with their values here
      if (const Node* place = history(kwargs[i])) {
        if (const auto x = output(made, *place)) result.options.named[key] = *x;
        else result.ready = false;
      } else if (kwargs[i].is_sequence() && kwargs[i].size() > 0 && history(kwargs[i][0])) {
        take(made, kwargs[i], result);  // a list of values: initial_state
      } else if (!kwargs[i].is_null() && key != "training") {
        result.options.arguments.emplace_back(key, config_of(kwargs[i]));
      }
    }
  }

  static bool is_operation(const Node& json) {
    const Node* module = json.find("module");
    return module && module->is_string() && module->as_string().starts_with("keras.src.ops") &&
           !find_component(Layer::kind, json.find("class_name")->as_string());
  }

  Model functional(const Node& config) {
    const Node& layers = at(config, "layers");
    std::map<std::string, Made> made;
    struct Waiting { std::string name; const Node* node; std::size_t index; };
    std::deque<Waiting> waiting;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string name = layer_name(layers[i]), class_name = text(layers[i], "class_name");
      const Node& inner = at(layers[i], "config");
      Made& entry = made[name];
      if (class_name == "InputLayer") {
        entry.calls.push_back(input(shape_of(inner) ? *shape_of(inner) : Node::null(), inner.find("dtype"), name));
        continue;
      }
      // Operations that Keras keeps for masks (not_equal, any, logical_or): a mask travels with its value here.
      if (is_operation(layers[i])) {
        entry.operation = class_name;
        continue;
      }
      entry.layer = layer(layers[i]);
      entry.functional = class_name == "Functional" || class_name == "Model";
      const Node& nodes = at(layers[i], "inbound_nodes");
      for (std::size_t k = 0; k < nodes.size(); ++k) waiting.push_back({name, &nodes[k], k});
    }
    for (std::size_t since_progress = 0; !waiting.empty(); ++since_progress) {
      if (since_progress > waiting.size()) throw bad(fmt::format("layer '{}' is fed by a layer that is not there, or the graph has a loop", waiting.front().name));
      const Waiting next = waiting.front();
      waiting.pop_front();
      Made& entry = made.at(next.name);
      Arguments arguments = arguments_of(made, *next.node);
      if (!arguments.ready || entry.calls.size() != next.index) {
        waiting.push_back(next);
        continue;
      }
      entry.calls.push_back(call(entry.layer, arguments.inputs, std::move(arguments.options)));
      since_progress = 0;
    }
    return Model(ends(made, at(config, "input_layers"), "input_layers"), ends(made, at(config, "output_layers"), "output_layers"),
                 {.name = config.find("name") ? text(config, "name") : "functional"}, run_);
  }

  // One place, a list of places, or a map of them.
  std::vector<LayerOutput> ends(const std::map<std::string, Made>& made, const Node& node, const char* what) const {
    std::vector<LayerOutput> found;
    const bool leaf = node.is_sequence() && node.size() == 3 && node[0].is_string();
    if (leaf) {
      const auto x = output(made, node, 1);
      if (!x) throw bad(fmt::format("'{}' names '{}', which is not in the graph", what, node[0].as_string()));
      found.push_back(*x);
      return found;
    }
    for (std::size_t i = 0; i < node.size(); ++i)
      for (const LayerOutput& x : ends(made, node[i], what)) found.push_back(x);
    return found;
  }

  // --- compile_config ----------------------------------------------------------------------------------------------------
  Loss loss(const Node& node) const {
    Loss made;
    made.assign(object(node, Loss::kind, "the loss"));
    return made;
  }
  MetricChoice metric(const Node& node) const {
    if (node.is_string() && (node.as_string() == "accuracy" || node.as_string() == "acc" || node.as_string() == "crossentropy" || node.as_string() == "ce"))
      return node.as_string();
    Metric made;
    made.assign(object(node, Metric::kind, "a metric"));
    return made;
  }
  MetricList metric_list(const Node& node) const {
    MetricList list;
    if (!node.is_sequence()) list.push_back(metric(node));
    else
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(metric(node[i]));
    return list;
  }
  PerOutput<MetricList> metric_lists(const Node& node, std::size_t outputs) const {
    if (node.is_null() || node.size() == 0) return {};
    const bool nested = node.is_sequence() && node[0].is_sequence();
    if (node.is_mapping() || nested || outputs > 1) return per_output<MetricList>(node, [&](const Node& n) { return metric_list(n); });
    return PerOutput<MetricList>(metric_list(node));
  }

  template <class T, class F>
  PerOutput<T> per_output(const Node& node, F entry) const {
    if (node.is_null()) return {};
    if (node.is_sequence()) {
      std::vector<T> list;
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(entry(node[i]));
      return PerOutput<T>::list(std::move(list));
    }
    if (node.is_mapping() && !node.find("class_name")) {
      std::vector<std::pair<std::string, T>> map;
      for (std::size_t i = 0; i < node.size(); ++i) map.emplace_back(node.key(i).text(), entry(node[i]));
      return PerOutput<T>::map(std::move(map));
    }
    return PerOutput<T>(entry(node));
  }

  struct Groups { std::string path; std::map<std::string, int> used; };
  const RunOptions& run_;
  std::string file_;
  Vocabulary vocabulary_;
  Groups groups_;
};

}  // namespace

namespace {

Model imported(const Node& json, const RunOptions& run, const std::string& file, Import::Vocabulary vocabulary) {
  Import import(run, file, std::move(vocabulary));
  try {
    Model model = import.model(json);
    if (const Node* compile = json.find("compile_config"); compile && compile->is_mapping()) import.compile(model, *compile);
    return model;
  } catch (const SpecError&) {
    throw;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::spec) throw;
    throw Error(ErrorKind::data, file + ": " + e.what(), e.hint());
  }
}

}  // namespace

Model model_of_keras(const Node& json, const RunOptions& run, const std::string& file) { return imported(json, run, file, {}); }

Model read_model(const std::string& path, const RunOptions& run) {
  const auto tree = [&](ByteView text) { return read_tree(SourceText::from_text(path, std::string(as_text(text)))); };
  if (path.ends_with(".keras")) {
    const Bytes bytes = read_file(path, std::uint64_t{1} << 40);
    const ZipReader zip(bytes, path);
    if (!zip.contains("config.json")) throw Error(ErrorKind::data, fmt::format("{}: has no member 'config.json'", path), "it is no Keras 3 model file");
    Model model = imported(tree(zip.read("config.json", max_config_bytes)), run, path,
                           [&](const std::string& group, bool integers) { return vocabulary_in(zip, group, integers); });
    load_weights(model, path);
    return model;
  }
  if (path.ends_with(".json")) return model_of_keras(tree(read_file(path, max_config_bytes)), run, path);
  if (path.ends_with(".weights.h5")) throw Error(ErrorKind::spec, fmt::format("{}: holds weights without an architecture", path), "name the model and give this file as --weights");
  if (path.ends_with(".h5") || path.ends_with(".hdf5")) return model_of_legacy(read_hdf5(read_file(path, std::uint64_t{1} << 40), path), run, path);
  throw Error(ErrorKind::spec, fmt::format("{}: no architecture is read from files of this ending", path), "use .keras, .h5, or .json with Keras' to_json");
}

}  // namespace strata
