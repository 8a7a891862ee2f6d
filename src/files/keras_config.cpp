#include "src/files/keras_config.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include <strata/error.h>
#include "src/files/keras_order.h"
#include "src/files/vocabularies.h"
#include "src/model/fit.h"

namespace strata {
namespace {

using Json = nlohmann::ordered_json;

Json envelope(const char* module, const std::string& class_name, Json config) {
  return {{"module", module}, {"class_name", class_name}, {"config", std::move(config)}, {"registered_name", nullptr}};
}

Json layer_envelope(const Schema& schema, Json config) {
  const std::string& name = schema.keras.empty() ? schema.name : schema.keras;
  const std::size_t package = name.find('>');
  if (package == std::string::npos) return envelope("keras.layers", name, std::move(config));
  Json json = envelope((name.substr(0, package) + ".layers").c_str(), name.substr(package + 1), std::move(config));
  json["registered_name"] = name;
  return json;
}

const char* module_of(std::string_view kind) {
  if (kind == "layer") return "keras.layers";
  if (kind == "initializer") return "keras.initializers";
  if (kind == "regularizer") return "keras.regularizers";
  if (kind == "constraint") return "keras.constraints";
  if (kind == "schedule") return "keras.optimizers.schedules";
  if (kind == "optimizer") return "keras.optimizers";
  if (kind == "loss") return "keras.losses";
  if (kind == "metric") return "keras.metrics";
  return "builtins";
}

Json policy(const std::string& name) { return envelope("keras", "DTypePolicy", {{"name", name}}); }

Json json_of(const Config& value, std::string_view kind);

Json arguments_of(const ObjectConfig& object, const ComponentType& type) {
  Json config = Json::object();
  for (const auto& [name, value] : object.arguments)
    if (const Field* field = type.schema.find(name); field && field->in_keras) config[name] = json_of(value, field->type.component);
  return config;
}

Json json_of(const Config& value, std::string_view kind) {
  if (value.is_null()) return nullptr;
  if (const auto* v = value.as<bool>()) return *v;
  if (const auto* v = value.as<std::int64_t>()) return *v;
  if (const auto* v = value.as<double>()) return *v;
  if (const auto* v = value.as<std::string>()) return *v;
  if (const auto* list = value.as<Config::List>()) {
    Json items = Json::array();
    for (const Config& item : *list) items.push_back(json_of(item, kind));
    return items;
  }
  if (const auto* mapping = value.as<Config::Mapping>()) {
    Json items = Json::object();
    for (const auto& [key, item] : *mapping) items[key] = json_of(item, kind);
    return items;
  }
  const ObjectConfig& object = *value.as<ObjectConfig>();
  if (kind == "activation") return object.name;  // Keras writes functions by their name alone
  const ComponentType* type = kind.empty() ? nullptr : find_component(kind, object.name);
  if (!type) throw Error(ErrorKind::runtime, "'" + object.name + "' has no form in a Keras file");
  return envelope(module_of(kind), type->schema.name, arguments_of(object, *type));
}

template <class K>
Json component_json(const Component<K>& component) { return json_of(component.config(), K::kind); }

Json shape_json(const Shape& shape) {
  Json dims = Json::array();
  for (const Dim& d : shape) dims.push_back(d.is_known() ? Json(d.value()) : Json(nullptr));
  return dims;
}

class Writer {
 public:
  Writer(const ModelState& model, bool assets) : model_(model), assets_(assets) {
    std::map<const void*, int> calls;
    for (const auto& call : model.graph.calls()) node_[call.get()] = call->input ? 0 : calls[call->layer.object()]++;
  }

  Json model() const {
    Json config = {{"name", model_.name}, {"trainable", true}};
    if (model_.sequential) config["dtype"] = policy(model_.run.dtype);
    Json layers = Json::array();
    if (model_.sequential) layers.push_back(input(*model_.graph.inputs()[0].call()));
    for (const LayerGraph::Entry& e : keras_layers(model_)) {
      Json layer = e.layer ? this->layer(e) : input(*e.call);
      if (!model_.sequential) {
        layer["name"] = e.name;
        layer["inbound_nodes"] = e.layer ? nodes(e) : Json::array();
      }
      layers.push_back(std::move(layer));
    }
    config["layers"] = std::move(layers);
    if (model_.sequential) {
      config["build_input_shape"] = batch_shape(*model_.graph.inputs()[0].call());
      return envelope("keras", "Sequential", std::move(config));
    }
    config["input_layers"] = places(model_.graph.inputs());
    config["output_layers"] = places(model_.graph.outputs());
    Json json = envelope("keras.src.models.functional", "Functional", std::move(config));
    json["registered_name"] = "Functional";
    return json;
  }

 private:
  static Json batch_shape(const LayerCall& call) {
    Json dims = Json::array();
    dims.push_back(call.input->batch_size ? Json(*call.input->batch_size) : Json(nullptr));
    for (const Dim& d : call.input->shape) dims.push_back(d.is_known() && d != Dim(-1) ? Json(d.value()) : Json(nullptr));
    return dims;
  }

  Json input(const LayerCall& call) const {
    return envelope("keras.layers", "InputLayer",
                    {{"batch_shape", batch_shape(call)}, {"dtype", std::string(name_of(call.input->dtype))}, {"sparse", false}, {"name", model_.graph.name(call)}});
  }

  Json layer(const LayerGraph::Entry& e) const {
    if (const Nested* nested = e.layer.as<Nested>()) return Writer(*nested->model, assets_).model();
    Json json = layer(e.layer, e.name, policy(model_.run.dtype));
    if (assets_ && is_asset(model_, e)) {
      Json& config = json["config"];
      config["vocabulary_size"] = config["vocabulary"].size();  // by which Keras knows the shape of vectors before it has the asset
      config["vocabulary"] = nullptr;
      config["idf_weights"] = nullptr;
    }
    return json;
  }

  // `inherited`: the policy of what is around the layer, which a layer inside another one has as its own in Keras.
  static Json layer(const Layer& layer, const std::string& name, const Json& inherited) {
    const Config given = layer.dtype();
    const std::string own = layer.keras_dtype();
    const Json dtype = !given.is_null() ? json_of(given, "") : !own.empty() ? policy(own) : inherited;
    Json config = {{"name", name}, {"trainable", layer.trainable()}, {"dtype", dtype}};
    const auto inside = [&](const Config& value) -> Json {
      if (value.is_null()) return nullptr;
      Layer inner;
      inner.assign(value);
      return Writer::layer(inner, inner.given_name().empty() ? snake_case(inner.name()) : inner.given_name(), dtype);
    };
    const ObjectConfig whole = layer.type().schema.config(layer.object());
    const Json arguments = arguments_of(whole, layer.type());
    for (const auto& [key, value] : whole.arguments) {
      if (config.contains(key) || !arguments.contains(key)) continue;
      const FieldKind kind = layer.type().schema.find(key)->type.kind;
      if (kind == FieldKind::layer) {
        config[key] = inside(value);
      } else if (kind == FieldKind::layers) {
        config[key] = Json::array();
        for (const Config& item : *value.as<Config::List>()) config[key].push_back(inside(item));
      } else {
        config[key] = arguments[key];
      }
    }
    if (!layer.type().schema.find("trainable")->in_keras) config.erase("trainable");
    return layer_envelope(layer.type().schema, std::move(config));
  }

  Json tensor(const LayerOutput& from) const {
    const LayerCall& call = *from.call();
    Json shape = batch_shape_of(from);
    const Json history = Json::array({model_.graph.name(call), node_.at(&call), from.index()});
    return {{"class_name", "__keras_tensor__"},
            {"config", {{"shape", std::move(shape)}, {"dtype", call.input ? std::string(name_of(call.input->dtype)) : "float32"}, {"keras_history", history}}}};
  }

  Json batch_shape_of(const LayerOutput& from) const {
    const LayerCall& call = *from.call();
    if (call.input) return batch_shape(call);
    return shape_json(model_.output_shapes.at(model_.graph.name(call)).at(static_cast<std::size_t>(from.index())));
  }

  // One node per call. Inputs that have names are given one by one, those after them as a list by theirs; a layer whose
  // inputs have none takes one list.
  Json nodes(const LayerGraph::Entry& e) const {
    Json nodes = Json::array();
    for (const auto& call : model_.graph.calls()) {
      if (call->input || call->layer.object() != e.layer.object()) continue;
      const CallSignature signature = e.layer.signature().value_or(CallSignature{});
      Json tensors = Json::array(), rest = Json::array();
      for (const LayerOutput& in : call->inputs)
        (tensors.size() < signature.inputs.size() || signature.rest.empty() ? tensors : rest).push_back(tensor(in));
      std::map<std::string, LayerOutput> named = call->named;
      while (tensors.size() < signature.inputs.size()) {
        const auto found = named.extract(std::string(signature.inputs[tensors.size()]));
        if (found.empty()) break;
        tensors.push_back(tensor(found.mapped()));
      }
      const bool one_by_one = !signature.inputs.empty();
      if (signature.inputs.size() > 1 && tensors.size() == 1) tensors.push_back(tensors[0]);  // a query alone is its own value
      const bool as_list = tensors.size() > 1 && e.layer.inputs() < 0 && !one_by_one;
      Json kwargs = Json::object();
      if (!rest.empty()) kwargs[std::string(signature.rest)] = std::move(rest);
      for (const auto& [key, in] : named) kwargs[key] = tensor(in);
      for (const auto& [key, value] : call->arguments) kwargs[key] = json_of(value, "");
      nodes.push_back({{"args", as_list ? Json::array({tensors}) : tensors}, {"kwargs", std::move(kwargs)}});
    }
    return nodes;
  }

  // Keras counts the node of a functional producer from 1 here, and only here.
  Json places(const std::vector<LayerOutput>& outputs) const {
    Json list = Json::array();
    for (const LayerOutput& o : outputs) {
      const LayerCall& call = *o.call();
      const Nested* nested = call.input ? nullptr : call.layer.as<Nested>();
      list.push_back({model_.graph.name(call), node_.at(&call) + (nested && !nested->model->sequential ? 1 : 0), o.index()});
    }
    return outputs.size() == 1 ? list[0] : list;
  }

  const ModelState& model_;
  bool assets_;
  std::map<const LayerCall*, int> node_;
};

template <class T, class F>
Json per_output(const PerOutput<T>& given, F json) {
  if (given.empty()) return nullptr;
  if (given.single()) return json(given.entries()[0]);
  Json result;
  if (!given.by_name().empty()) {
    result = Json::object();
    for (const auto& [name, value] : given.by_name()) result[name] = json(value);
  } else {
    result = Json::array();
    for (const T& value : given.entries()) result.push_back(json(value));
  }
  return result;
}

Json compile_config(const CompileArguments& c) {
  const auto metrics = [](const MetricList& list) {
    Json items = Json::array();
    for (const MetricChoice& m : list) items.push_back(m.metric() ? component_json(m.metric()) : Json(m.name()));
    return items;
  };
  return {{"optimizer", component_json(c.optimizer)},
          {"loss", per_output(c.loss, [](const Loss& l) { return component_json(l); })},
          {"loss_weights", per_output(c.loss_weights, [](double w) { return Json(w); })},
          {"metrics", per_output(c.metrics, metrics)},
          {"weighted_metrics", per_output(c.weighted_metrics, metrics)},
          {"run_eagerly", false},
          {"steps_per_execution", c.steps_per_execution},
          {"jit_compile", false}};
}

}  // namespace

std::string keras_config(const Model& model, bool assets) {
  const ModelState& state = model.state();
  Json json = Writer(state, assets).model();
  if (state.sequential) json["build_config"] = {{"input_shape", json["config"]["build_input_shape"]}};
  if (state.compiled) json["compile_config"] = compile_config(*state.compiled);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);  // a name or a token may be no UTF-8
}

std::string Fit::model_json() const { return keras_config(model_); }

}  // namespace strata
