#include "src/spec/model_spec.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <strata/layer.h>

#include "src/spec/suggest.h"

namespace strata {
namespace {

const std::vector<std::string> layer_keys = {"inputs", "call"};
const std::vector<std::string> shared_call_keys = {"layer", "inputs", "call", "name"};
const std::vector<std::string> model_keys = {"name", "inputs", "input", "layers", "outputs", "trainable"};

bool names_input(const std::string& class_name) { return class_name == "Input" || class_name == "InputLayer"; }
bool is_shared_call(const Node& entry) { return entry.is_mapping() && entry.find("layer") != nullptr; }
bool is_inner_model(const Node& entry) {
  const auto parts = object_parts(entry);
  return parts && (parts->name->text() == "Model" || parts->name->text() == "Sequential");
}

// The name that an entry of a list of layers gives itself, or null.
const Node* given_name(const Node& entry) {
  if (is_shared_call(entry)) return entry.find("name");
  const auto parts = object_parts(entry);
  return parts && parts->arguments ? parts->arguments->find("name") : nullptr;
}

std::string automatic_base(const Node& entry) {
  const auto parts = object_parts(entry);
  if (!parts) return "layer";
  if (names_input(parts->name->text())) return "input_layer";
  if (parts->name->text() == "Model") return "functional";
  if (parts->name->text() == "Sequential") return "sequential";
  const ComponentType* type = find_component(Layer::kind, parts->name->text());
  return snake_case(type ? type->schema.name : parts->name->text());
}

class ModelCheck {
 public:
  explicit ModelCheck(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  std::optional<ModelSpec> check(const Node& node, const std::string& what) {
    model_.at = node;
    if (node.is_string()) {
      model_.file = node.as_string();
      return std::move(model_);
    }
    if (node.is_mapping() && node.find("class_name")) {
      model_.keras = node;
      return std::move(model_);
    }
    if (node.is_sequence()) {
      model_.is_list = true;
      layers(node, true);
    } else if (node.is_mapping()) {
      mapping(node, what);
    } else {
      report(diagnostics_, node, fmt::format("expected a list of layers, a mapping with 'layers', or a file name, received {}", Node::describe(node.kind())));
      return std::nullopt;
    }
    return std::move(model_);
  }

 private:
  void mapping(const Node& node, const std::string& what) {
    check_keys(node, what, model_keys, diagnostics_);
    if (const Node* name = node.find("name")) {
      if (name->is_string()) model_.name = name->as_string();
      else report(diagnostics_, *name, fmt::format("the name of a model is a text, received {}", name->text()));
    }
    const Node* layer_list = node.find("layers");
    if (!layer_list || !layer_list->is_sequence()) {
      if (layer_list) report(diagnostics_, *layer_list, fmt::format("'layers' of {} is a list, received {}", what, Node::describe(layer_list->kind())), "layers: [Dense: {units: 3}, ...]");
      else report(diagnostics_, model_.at, fmt::format("{} needs 'layers', a list", what), "model: {inputs: {x: {shape: [5]}}, layers: [...]}");
      return;
    }
    const Node* many = node.find("inputs");
    const Node* one = node.find("input");
    if (many && one) report(diagnostics_, *node.find_key("input"), "'input' beside 'inputs'", "one unnamed input goes under 'input', named ones under 'inputs'");
    if (many && many->is_mapping()) {
      for (std::size_t i = 0; i < many->size(); ++i) input(many->key(i).text(), many->key(i), (*many)[i], true);
    } else if (many) {
      report(diagnostics_, *many, "'inputs' of a model is a mapping from names to shapes", "inputs: {image: {shape: [28, 28, 1]}}");
      broken_inputs_ = true;
    } else if (one) {
      input("", *node.find_key("input"), *one, true);
    }
    layers(*layer_list, !many && !one);
    outputs(node.find("outputs"));
    if (const Node* trainable = node.find("trainable")) model_.trainable = check_trainable(*trainable, model_, diagnostics_);
  }

  void input(const std::string& name, const Mark& at, const Node& arguments, bool name_outside) {
    InputSpec spec;
    spec.name = name;
    spec.at = at;
    InputArguments a;
    const Schema schema = InputArguments::schema();
    const std::size_t before = diagnostics_.error_count();
    if (arguments.is_sequence()) report(diagnostics_, arguments, "Input takes named arguments, received a sequence", "write {shape: [...]}");
    else check_arguments({schema, "Input"}, &a, arguments, diagnostics_);
    if (name_outside && !name.empty() && a.name && *a.name != name)
      report(diagnostics_, *arguments.find("name"), fmt::format("input '{}' names itself '{}'", name, *a.name));
    if (spec.name.empty() && a.name) spec.name = *a.name;
    if (diagnostics_.error_count() == before && !a.shape == !a.batch_shape)
      report(diagnostics_, at, a.shape ? "Input takes 'shape' or 'batch_shape', not both" : "Input needs the argument 'shape'",
             a.shape ? "" : "'shape': the shape of one row, without the batch axis");
    if (a.batch_shape && a.batch_shape->rank() == 0) report(diagnostics_, at, "'batch_shape' of Input begins with the batch axis");
    const auto open = [](const Dim& d) { return d.is_known() ? d : Dim(-1); };
    if (const auto& shape = a.batch_shape ? a.batch_shape : a.shape) {
      std::vector<Dim> dims;
      for (const Dim& d : *shape) dims.push_back(open(d));
      if (a.batch_shape && !dims.empty()) {
        if (dims.front() != Dim(-1)) spec.batch_size = dims.front().value();
        dims.erase(dims.begin());
      }
      spec.shape = Shape(std::move(dims));
    }
    if (a.batch_size) spec.batch_size = a.batch_size;
    if (const auto dtype = dtype_named(a.dtype)) spec.dtype = *dtype;
    if (diagnostics_.error_count() != before) broken_inputs_ = true;
    if (spec.name.empty()) spec.name = automatic("input_layer");
    if (!declare(spec.name, at)) return;
    model_.inputs.push_back(std::move(spec));
  }

  std::string automatic(const std::string& base) {
    for (int n = 0;; ++n) {
      std::string name = n == 0 ? base : fmt::format("{}_{}", base, n);
      if (!seen_.count(name)) return name;
    }
  }

  bool declare(const std::string& name, const Mark& at) {
    const auto [first, added] = seen_.emplace(name, at);
    if (!added) report(diagnostics_, at, fmt::format("the name '{}' is given twice", name), "first at " + first->second.str());
    return added;
  }

  void layers(const Node& list, bool starts_with_input) {
    std::size_t first = 0;
    if (starts_with_input) {
      if (list.size() > 0 && is_input(list[0])) {
        const auto parts = object_parts(list[0]);
        static const Node none{};
        input("", *parts->name, parts->arguments ? *parts->arguments : none, false);
        first = 1;
      } else if (!broken_inputs_) {
        report(diagnostics_, list.size() > 0 ? Mark(list[0]) : Mark(list), "the model has no input", "begin with - Input: {shape: [...]}, the shape of one row");
        broken_inputs_ = true;
      }
    }
    std::vector<std::string> taken;
    for (const InputSpec& in : model_.inputs) taken.push_back(in.name);
    Node rest = Node::sequence();
    for (std::size_t i = first; i < list.size(); ++i) rest.append(list[i]);
    names_ = layer_names(rest, taken);
    if (rest.size() == 0) report(diagnostics_, list, "the model has no layers", "below the input stands at least one, such as Dense: {units: 3}");
    for (std::size_t i = 0; i < rest.size(); ++i) layer(rest[i], i);
  }

  void layer(const Node& entry, std::size_t index) {
    LayerSpec spec;
    spec.name = names_[index];
    const Node* inputs = nullptr;
    const Node* call = nullptr;
    const Node* name = given_name(entry);
    bool whole = true;
    if (is_shared_call(entry)) {
      spec.at = *entry.find_key("layer");
      check_keys(entry, "a call of an existing layer", shared_call_keys, diagnostics_);
      const Node& shared = *entry.find("layer");
      if (!shared.is_string()) {
        report(diagnostics_, shared, fmt::format("'layer' is the name of an earlier layer, received {}", Node::describe(shared.kind())));
        whole = false;
      } else {
        spec.shared = shared.as_string();
        const auto known = std::find_if(model_.layers.begin(), model_.layers.end(), [&](const LayerSpec& l) { return l.name == spec.shared; });
        if (known == model_.layers.end()) {
          if (!failed_.count(spec.shared)) unknown_name(spec.shared, shared, index, "'layer' names an earlier layer");
          whole = false;
        } else if (!known->shared.empty()) {
          spec.shared = known->shared;  // a call of a call is a call of the layer
        }
      }
      inputs = entry.find("inputs");
      call = entry.find("call");
      if (name && !name->is_string()) {
        report(diagnostics_, *name, fmt::format("a layer's name is a text, received {}", name->text()));
        name = nullptr;
      }
    } else if (is_input(entry)) {
      report(diagnostics_, *object_parts(entry)->name, "an Input below other layers", "a model with several inputs is written with inputs: {a: {shape: [...]}, b: {shape: [...]}} and layers:");
      return;
    } else if (is_inner_model(entry)) {
      whole = inner_model(entry, spec, inputs, call);
    } else {
      const auto parts = object_parts(entry);
      if (parts) {
        spec.at = *parts->name;
        if (parts->arguments) {
          inputs = parts->arguments->find("inputs");
          call = parts->arguments->find("call");
        }
      } else {
        spec.at = entry;
      }
      auto object = check_object(Layer::kind, entry, diagnostics_, layer_keys);
      if (object) {
        spec.layer = std::move(*object);
        auto& arguments = spec.layer->arguments;
        arguments.erase(std::remove_if(arguments.begin(), arguments.end(), [](const auto& a) { return a.first == "name"; }), arguments.end());
        arguments.emplace_back("name", spec.name);
      } else {
        whole = false;
      }
    }
    if (name && name->is_string() && name->as_string().find('/') != std::string::npos)
      report(diagnostics_, *name, fmt::format("the name '{}' has a '/'", name->as_string()), "names inside a model inside are joined by '/'");
    whole = wire(inputs, spec, index) && whole;
    if (call) {
      if (call->is_mapping()) spec.call = *config_of(*call).as<Config::Mapping>();
      else report(diagnostics_, *call, fmt::format("'call' is a mapping of call arguments, received {}", Node::describe(call->kind())));
    }
    if (!declare(spec.name, name ? Mark(*name) : spec.at)) return;
    last_ = spec.name;
    if (whole) model_.layers.push_back(std::move(spec));
    else failed_.insert(spec.name);
  }

  bool inner_model(const Node& entry, LayerSpec& spec, const Node*& inputs, const Node*& call) {
    const auto parts = object_parts(entry);
    spec.at = *parts->name;
    if (!parts->arguments || !parts->arguments->is_mapping()) {
      if (parts->name->text() == "Model") report(diagnostics_, *parts->name, "Model needs 'inputs' and 'layers'");
      else report(diagnostics_, *parts->name, "Sequential needs 'layers'", "Sequential: {layers: [Input: {shape: [...]}, ...]}");
      return false;
    }
    // `inputs` declares the inner inputs; what the model is called on is `call_inputs` or the layer above.
    inputs = parts->arguments->find("call_inputs");
    call = parts->arguments->find("call");
    Node inner = *parts->arguments;
    inner.erase("call_inputs");
    inner.erase("call");
    const std::size_t before = diagnostics_.error_count();
    auto model = ModelCheck(diagnostics_).check(inner, fmt::format("model '{}'", spec.name));
    if (!model || diagnostics_.error_count() != before) return false;
    model->name = spec.name;
    model->is_list = parts->name->text() == "Sequential";
    if (model->is_list && !model->is_sequential()) {
      report(diagnostics_, *parts->name, fmt::format("the layers of Sequential '{}' are no chain, in which each takes what the one above gives", spec.name),
             "a model with other wiring is written with Model:");
      return false;
    }
    spec.model = std::make_shared<ModelSpec>(std::move(*model));
    return true;
  }

  // What stands at `inputs:`; absent, the layer above.
  bool wire(const Node* inputs, LayerSpec& spec, std::size_t index) {
    if (!inputs) {
      if (!last_.empty()) {
        spec.inputs.push_back({last_, 0, spec.at});
        return !failed_.count(last_);
      }
      if (model_.inputs.size() == 1) {
        spec.inputs.push_back({model_.inputs.front().name, 0, spec.at});
        return true;
      }
      if (!broken_inputs_) {
        std::string names;
        for (const InputSpec& in : model_.inputs) names += (names.empty() ? "" : ", ") + in.name;
        report(diagnostics_, spec.at, fmt::format("layer '{}' is the first of a model with {} inputs and does not say which it takes", spec.name, model_.inputs.size()),
               model_.inputs.empty() ? "" : "inputs: " + (model_.inputs.size() > 1 ? "[" + names + "]" : names));
      }
      return false;
    }
    bool whole = true;
    const auto one = [&](const Node& node) {
      auto found = reference(node, index);
      whole = whole && found;
      return found;
    };
    if (inputs->is_sequence()) {
      for (std::size_t i = 0; i < inputs->size(); ++i)
        if (auto r = one((*inputs)[i])) spec.inputs.push_back(std::move(*r));
      if (inputs->size() == 0) {
        report(diagnostics_, *inputs, "'inputs' is empty", "leave it out to take the layer above");
        whole = false;
      }
    } else if (inputs->is_mapping()) {
      for (std::size_t i = 0; i < inputs->size(); ++i)
        if (auto r = one((*inputs)[i])) spec.named.emplace_back(inputs->key(i).text(), std::move(*r));
    } else if (auto r = one(*inputs)) {
      spec.inputs.push_back(std::move(*r));
    }
    return whole;
  }

  std::optional<Reference> reference(const Node& node, std::size_t index) {
    if (node.is_sequence() || node.is_mapping() || node.is_null()) {
      report(diagnostics_, node, fmt::format("expected the name of an earlier layer or input, received {}", Node::describe(node.kind())));
      return std::nullopt;
    }
    Reference r{node.text(), 0, node};
    if (!seen_.count(r.name)) {
      const std::size_t slash = r.name.rfind('/');
      const std::string digits = slash == std::string::npos ? "" : r.name.substr(slash + 1);
      if (!digits.empty() && digits.size() < 6 && digits.find_first_not_of("0123456789") == std::string::npos) {
        r.output = std::stoi(digits);
        r.name.resize(slash);
      }
    }
    if (!seen_.count(r.name)) {
      unknown_name(r.name, node, index, "'inputs' names earlier layers and inputs");
      return std::nullopt;
    }
    if (failed_.count(r.name)) return std::nullopt;
    return r;
  }

  void unknown_name(const std::string& name, const Node& at, std::size_t index, const std::string& rule) {
    const auto later = std::find(names_.begin() + static_cast<std::ptrdiff_t>(std::min(index, names_.size())), names_.end(), name);
    if (later != names_.end()) {
      const bool itself = later - names_.begin() == static_cast<std::ptrdiff_t>(index);
      report(diagnostics_, at, itself ? fmt::format("layer '{}' takes its own output", name) : fmt::format("layer '{}' stands below", name), rule);
      return;
    }
    std::vector<std::string> known;
    for (const auto& [known_name, place] : seen_) known.push_back(known_name);
    std::string hint = did_you_mean(name, known);
    if (hint.empty()) {
      hint = rule + ":";
      for (const auto& k : known) hint += (hint.back() == ':' ? " " : ", ") + k;
    }
    report(diagnostics_, at, fmt::format("no layer or input is named '{}'", name), hint);
  }

  void outputs(const Node* node) {
    const std::size_t end = names_.size();
    if (!node) return;
    const auto add = [&](const std::string& name, const Node& at) {
      auto r = reference(at, end);
      if (!r) return;
      std::string own = r->output == 0 ? r->name : fmt::format("{}/{}", r->name, r->output);
      std::string output = name.empty() ? std::move(own) : name;
      for (const auto& [other, reference] : model_.outputs)
        if (other == output) return report(diagnostics_, at, fmt::format("the output '{}' is given twice", output), "outputs: {one: " + output + ", two: ...} gives them names");
      model_.outputs.emplace_back(std::move(output), std::move(*r));
    };
    if (node->is_sequence()) {
      for (std::size_t i = 0; i < node->size(); ++i) add("", (*node)[i]);
      if (node->size() == 0) report(diagnostics_, *node, "'outputs' is empty", "leave it out to take the last layer");
    } else if (node->is_mapping()) {
      for (std::size_t i = 0; i < node->size(); ++i) add(node->key(i).text(), (*node)[i]);
    } else {
      add("", *node);
    }
  }

 public:
  static void finish(ModelSpec& model) {
    if (model.outputs.empty() && !model.layers.empty()) {
      const LayerSpec& last = model.layers.back();
      model.outputs.emplace_back(last.name, Reference{last.name, 0, last.at});
    }
    for (LayerSpec& l : model.layers)
      if (l.model) finish(*l.model);
  }

 private:
  Diagnostics& diagnostics_;
  ModelSpec model_;
  std::map<std::string, Mark> seen_;   // inputs and layers so far
  std::vector<std::string> names_;     // of every layer of the list
  std::set<std::string> failed_;       // layers with errors: what depends on them is not blamed
  std::string last_;
  bool broken_inputs_ = false;
};

}  // namespace

Schema InputArguments::schema() {
  return describe<InputArguments>("Input", "Where data enters a model.",
      field("shape", &InputArguments::shape, "Shape of one row, without the batch axis; null leaves an axis open."),
      field("batch_shape", &InputArguments::batch_shape, "Shape with the batch axis, instead of shape."),
      field("batch_size", &InputArguments::batch_size, "Rows of every batch, where a model fixes them.", at_least(1)),
      field("dtype", &InputArguments::dtype, "Element type.",
            one_of({"float32", "float64", "bfloat16", "float16", "int32", "int64", "uint8", "bool", "string"})),
      field("name", &InputArguments::name, "Name of the input."));
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*')
    return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) && matches_pattern(pattern.substr(1), text.substr(1));
  const std::size_t rest = pattern.find_first_not_of('*');
  if (rest == std::string_view::npos) return true;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (matches_pattern(pattern.substr(rest), text.substr(i))) return true;
  return false;
}

bool is_input(const Node& entry) {
  const auto parts = object_parts(entry);
  return parts && names_input(parts->name->text());
}

std::vector<std::string> layer_names(const Node& layers, const std::vector<std::string>& taken_names) {
  std::set<std::string> taken(taken_names.begin(), taken_names.end());
  std::map<std::string, int> used;
  std::vector<std::string> names(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (const Node* name = given_name(layers[i]); name && name->is_string()) taken.insert(names[i] = name->as_string());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!names[i].empty()) continue;
    const std::string base = is_shared_call(layers[i]) ? layers[i].find("layer")->text() + "_call" : automatic_base(layers[i]);
    do {
      const int n = used[base]++;
      names[i] = n == 0 ? base : fmt::format("{}_{}", base, n);
    } while (!taken.insert(names[i]).second);
  }
  return names;
}

bool ModelSpec::is_sequential() const {
  if (!is_list || inputs.size() != 1 || layers.empty()) return false;
  std::string above = inputs[0].name;
  for (const LayerSpec& l : layers) {
    if (!l.shared.empty() || !l.call.empty() || !l.named.empty() || l.inputs.size() != 1 || l.inputs[0].name != above || l.inputs[0].output != 0) return false;
    above = l.name;
  }
  return outputs.empty() || (outputs.size() == 1 && outputs[0].first == above && outputs[0].second.name == above && outputs[0].second.output == 0);
}

const LayerSpec* ModelSpec::find(const std::string& path) const {
  for (const LayerSpec& l : layers) {
    if (l.name == path) return &l;
    if (l.model && path.rfind(l.name + "/", 0) == 0)
      if (const LayerSpec* inside = l.model->find(path.substr(l.name.size() + 1))) return inside;
  }
  return nullptr;
}

std::vector<std::string> ModelSpec::paths() const {
  std::vector<std::string> all;
  for (const LayerSpec& l : layers) {
    if (!l.shared.empty()) continue;
    all.push_back(l.name);
    if (l.model)
      for (const std::string& inner : l.model->paths()) all.push_back(l.name + "/" + inner);
  }
  return all;
}

std::vector<std::pair<std::string, bool>> check_trainable(const Node& node, const ModelSpec& model, Diagnostics& diagnostics) {
  std::vector<std::pair<std::string, bool>> rules;
  if (!node.is_mapping()) {
    report(diagnostics, node, fmt::format("'trainable' is a mapping from layer names to true or false, received {}", Node::describe(node.kind())),
           "trainable: {\"stem*\": false}");
    return rules;
  }
  const std::vector<std::string> paths = model.paths();
  for (std::size_t i = 0; i < node.size(); ++i) {
    const std::string& pattern = node.key(i).text();
    if (!node[i].is_boolean()) {
      report(diagnostics, node[i], fmt::format("'trainable' of '{}' is true or false, received {}", pattern, node[i].is_scalar() ? node[i].text() : Node::describe(node[i].kind())));
      continue;
    }
    bool any = false;
    for (const std::string& path : paths)
      if (matches_pattern(pattern, path)) {
        rules.emplace_back(path, node[i].as_boolean());
        any = true;
      }
    if (model.is_described()) {
      if (!any) report(diagnostics, node.key(i), fmt::format("no layer is named '{}'", pattern), did_you_mean(pattern, paths));
    } else {
      rules.emplace_back(pattern, node[i].as_boolean());  // the file's layers are known later
    }
  }
  return rules;
}

std::optional<ModelSpec> check_model(const Node& node, Diagnostics& diagnostics) {
  auto model = ModelCheck(diagnostics).check(node, "'model'");
  if (model) ModelCheck::finish(*model);
  return model;
}

}  // namespace strata
