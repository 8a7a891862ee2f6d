#include "src/spec/warnings.h"

#include <set>

#include <fmt/format.h>

namespace strata {
namespace {

const Config* argument(const ObjectConfig& object, std::string_view name) {
  for (const auto& [key, value] : object.arguments)
    if (key == name) return &value;
  return nullptr;
}

// The given value, else the class' default.
Config argument_or_default(std::string_view kind, const ObjectConfig& object, std::string_view name) {
  if (const Config* given = argument(object, name)) return *given;
  const ComponentType& type = component_named(kind, object.name);
  const Field* field = type.schema.find(name);
  return field ? type.schema.get(type.create().get(), *field) : Config();
}

std::string name_of_object(const Config& config) {
  if (const auto* object = config.as<ObjectConfig>()) return object->name;
  if (const auto* text = config.as<std::string>()) return *text;
  return {};
}

// The layer that computes an output; null where it is not the spec that tells.
const LayerSpec* layer_of(const ModelSpec& model, const Reference& output) {
  const LayerSpec* layer = model.find(output.name);
  if (layer && !layer->shared.empty()) layer = model.find(layer->shared);
  if (layer && layer->model) {
    const auto& inner = layer->model->outputs;
    return static_cast<std::size_t>(output.output) < inner.size() ? layer_of(*layer->model, inner[static_cast<std::size_t>(output.output)].second) : nullptr;
  }
  return layer && layer->layer ? layer : nullptr;
}

class SpecWarnings {
 public:
  SpecWarnings(const Spec& spec, Diagnostics& diagnostics) : spec_(spec), diagnostics_(diagnostics) {}

  void look(const CompileSpec& compile, const FitSpec* fit) {
    const auto& outputs = spec_.model.outputs;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Config* loss = loss_of(compile, outputs[i].first, i);
      const LayerSpec* layer = layer_of(spec_.model, outputs[i].second);
      if (loss && layer && loss->as<ObjectConfig>()) look(compile, fit, *loss->as<ObjectConfig>(), *layer);
    }
  }

 private:
  static const Config* loss_of(const CompileSpec& compile, const std::string& output, std::size_t index) {
    for (const auto& [name, loss] : compile.loss.by_name())
      if (name == output) return &loss;
    const auto& entries = compile.loss.entries();
    if (compile.loss.single()) return &entries.front();
    return index < entries.size() ? &entries[index] : nullptr;
  }

  void look(const CompileSpec& compile, const FitSpec* fit, const ObjectConfig& loss, const LayerSpec& layer) {
    const Schema& loss_schema = component_named(Loss::kind, loss.name).schema;
    if (!loss_schema.find("from_logits")) return;  // it takes no probabilities
    const Config logits = argument_or_default(Loss::kind, loss, "from_logits");
    const bool from_logits = logits.as<bool>() && *logits.as<bool>();
    const Schema& schema = component_named(Layer::kind, layer.layer->name).schema;
    if (!from_logits && schema.find("activation")) {
      const std::string activation = name_of_object(argument_or_default(Layer::kind, *layer.layer, "activation"));
      if (activation.empty() || activation == "linear")
        warn(diagnostics_, compile.loss_at, fmt::format("{} takes probabilities, and layer '{}' ({}) is linear", loss.name, layer.name, layer.layer->name),
             fmt::format("{}: {{from_logits: true}}, or an activation for '{}'", loss.name, layer.name));
    }
    const Config* width = argument(*layer.layer, "units");
    if (!width) width = argument(*layer.layer, "filters");
    const auto* classes = width ? width->as<std::int64_t>() : nullptr;
    if (!classes || loss.name.find("Categorical") == std::string::npos) return;
    if (*classes == 1)
      warn(diagnostics_, compile.loss_at, fmt::format("{} over 1 class is always zero: layer '{}' has 1 unit", loss.name, layer.name),
           "one unit goes with BinaryCrossentropy; classes need one unit each");
    if (!fit) return;
    for (const auto& [label, weight] : fit->class_weights())
      if (label >= *classes)
        warn(diagnostics_, fit->at, fmt::format("class {} of 'class_weight' cannot fit layer '{}', which has {} unit{}", label, layer.name, *classes, *classes == 1 ? "" : "s"));
  }

  const Spec& spec_;
  Diagnostics& diagnostics_;
};

// Layers and inputs that no output depends on: wired to nowhere, they would be no part of the model. Of a chain of them the
// last is named.
void warn_of_dead_ends(const ModelSpec& model, Diagnostics& diagnostics) {
  std::set<std::string> used, named;
  for (const auto& [name, output] : model.outputs) used.insert(output.name);
  for (auto layer = model.layers.rbegin(); layer != model.layers.rend(); ++layer) {  // inputs stand above
    if (layer->model) warn_of_dead_ends(*layer->model, diagnostics);
    const bool is_used = used.count(layer->name);
    if (!is_used && !named.count(layer->name))
      warn(diagnostics, layer->at, fmt::format("no output depends on layer '{}'", layer->name), "name it in 'inputs' of a layer below or in 'outputs', or remove it");
    std::set<std::string>& sources = is_used ? used : named;
    for (const Reference& in : layer->inputs) sources.insert(in.name);
    for (const auto& [argument, in] : layer->named) sources.insert(in.name);
    if (!layer->shared.empty()) sources.insert(layer->shared);
  }
  for (const InputSpec& in : model.inputs)
    if (!used.count(in.name) && !named.count(in.name))
      warn(diagnostics, in.at, fmt::format("no output depends on the input '{}'", in.name), "name it in 'inputs' of a layer, or remove it");
}

}  // namespace

void warn_about(const Spec& spec, Diagnostics& diagnostics) {
  if (!spec.model.is_described()) return;
  warn_of_dead_ends(spec.model, diagnostics);
  SpecWarnings warnings(spec, diagnostics);
  if (spec.compile) warnings.look(*spec.compile, spec.fit.size() == 1 ? &spec.fit.front() : nullptr);
  for (const FitSpec& stage : spec.fit)
    if (stage.compile) warnings.look(*stage.compile, &stage);
}

}  // namespace strata
