#include "src/files/model_to_spec.h"

#include <map>
#include <set>

#include "src/files/per_output.h"
#include "src/model/model_state.h"

namespace strata {
namespace {

class ModelReading {
 public:
  explicit ModelReading(const ModelState& model) : model_(model) {
    for (const LayerGraph::Entry& e : model.graph.layers()) taken_.insert(e.name);
  }

  ModelSpec spec() {
    ModelSpec spec;
    spec.name = model_.name;
    spec.is_list = model_.sequential;
    for (const auto& call : model_.graph.calls()) {
      if (!call->input) {
        spec.layers.push_back(layer(*call));
        continue;
      }
      const std::string& name = names_[call.get()] = model_.graph.name(*call);
      spec.inputs.push_back({name, call->input->shape, call->input->dtype, call->input->batch_size, {}});
    }
    for (std::size_t i = 0; i < model_.graph.outputs().size(); ++i)
      spec.outputs.emplace_back(model_.graph.output_names()[i], reference(model_.graph.outputs()[i]));
    return spec;
  }

 private:
  Reference reference(const LayerOutput& from) const { return {names_.at(from.call().get()), from.index(), {}}; }

  LayerSpec layer(const LayerCall& call) {
    LayerSpec spec;
    const std::string& name = model_.graph.name(call);
    const auto [first, is_first] = first_calls_.emplace(call.layer.object(), name);
    if (is_first) {
      spec.name = name;
      if (const auto* nested = call.layer.as<Nested>()) {
        spec.model = std::make_shared<ModelSpec>(ModelReading(*nested->model).spec());
        spec.model->name = name;
      } else {
        const Config whole = call.layer.config();
        spec.layer = *whole.as<ObjectConfig>();
      }
    } else {
      spec.shared = first->second;
      for (int i = 1; spec.name.empty() || !taken_.insert(spec.name).second; ++i) spec.name = name + "_call" + std::to_string(i);
    }
    names_[&call] = spec.name;
    for (const LayerOutput& in : call.inputs) spec.inputs.push_back(reference(in));
    for (const auto& [argument, in] : call.named) spec.named.emplace_back(argument, reference(in));
    spec.call = call.arguments;
    return spec;
  }

  const ModelState& model_;
  std::set<std::string> taken_;
  std::map<const void*, std::string> first_calls_;
  std::map<const LayerCall*, std::string> names_;
};

template <class K>
Config config_of(const Component<K>& component) { return component ? component.config() : Config(); }

std::vector<Config> metric_configs(const MetricList& metrics) {
  std::vector<Config> configs;
  for (const MetricChoice& m : metrics) configs.push_back(m.metric() ? m.metric().config() : Config(m.name()));
  return configs;
}

}  // namespace

ModelSpec model_spec_of(const Model& model) { return ModelReading(model.state()).spec(); }

std::optional<CompileSpec> compile_spec_of(const Model& model) {
  const auto& compiled = model.state().compiled;
  if (!compiled) return {};
  CompileSpec spec;
  const Config optimizer = compiled->optimizer.config();
  spec.optimizer = *optimizer.as<ObjectConfig>();
  spec.loss = each<Config>(compiled->loss, config_of<Loss>);
  spec.loss_weights = compiled->loss_weights;
  spec.metrics = each<std::vector<Config>>(compiled->metrics, metric_configs);
  spec.weighted_metrics = each<std::vector<Config>>(compiled->weighted_metrics, metric_configs);
  spec.steps_per_execution = compiled->steps_per_execution;
  spec.auto_scale_loss = compiled->auto_scale_loss;
  return spec;
}

}  // namespace strata
