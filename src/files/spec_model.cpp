#include "src/files/spec_model.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "src/files/keras_model.h"
#include "src/files/per_output.h"
#include "src/model/model_state.h"
#include "src/model/training_graph.h"
#include "src/spec/overrides.h"
#include "src/spec/reader.h"
#include "src/spec/registry.h"
#include "src/spec/suggest.h"
#include "src/spec/warnings.h"

namespace strata {
namespace {

// A handle's layer is shared: what is set here holds wherever it is called.
void set_trainable(Layer& layer, bool trainable) {
  layer.type().schema.set(layer.object(), *layer.type().schema.find("trainable"), trainable);
}

class ModelBuild {
 public:
  // `trainable`: rules of the models around, for paths in this one.
  ModelBuild(const ModelSpec& spec, const RunOptions& run, std::vector<std::pair<std::string, bool>> trainable = {})
      : spec_(spec), run_(run), trainable_(spec.trainable) {
    trainable_.insert(trainable_.end(), trainable.begin(), trainable.end());
  }

  Model model() {
    std::vector<LayerOutput> inputs;
    for (const InputSpec& in : spec_.inputs) {
      inputs.push_back(Input(in.shape, {.name = in.name, .dtype = in.dtype, .batch_size = in.batch_size}));
      values_[in.name] = inputs.back();
    }
    for (const LayerSpec& layer : spec_.layers) call_layer(layer);
    std::vector<LayerOutput> outputs;
    std::vector<std::string> names;
    for (const auto& [name, reference] : spec_.outputs) {
      outputs.push_back(value(reference));
      names.push_back(name);
    }
    Model model(inputs, outputs, {.name = spec_.name, .output_names = names}, run_);
    model.state().sequential = spec_.is_sequential();
    return model;
  }

 private:
  LayerOutput value(const Reference& r) const { return values_.at(r.name)[r.output]; }

  void call_layer(const LayerSpec& spec) {
    Layer layer;
    if (!spec.shared.empty()) {
      layer = layers_.at(spec.shared);
    } else if (spec.model) {
      layer = ModelBuild(*spec.model, run_, rules_inside(spec.name)).model().as_layer();
    } else {
      layer.assign(Config(*spec.layer));
    }
    for (const auto& [path, trainable] : trainable_)
      if (path == spec.name) set_trainable(layer, trainable);
    layers_[spec.name] = layer;
    std::vector<LayerOutput> inputs;
    for (const Reference& r : spec.inputs) inputs.push_back(value(r));
    CallOptions options{.name = spec.shared.empty() ? std::string() : spec.name, .named = {}, .arguments = spec.call};
    for (const auto& [argument, r] : spec.named) options.named[argument] = value(r);
    values_[spec.name] = call(layer, inputs, std::move(options));
  }

  std::vector<std::pair<std::string, bool>> rules_inside(const std::string& name) const {
    std::vector<std::pair<std::string, bool>> inside;
    for (const auto& [path, trainable] : trainable_)
      if (path.rfind(name + "/", 0) == 0) inside.emplace_back(path.substr(name.size() + 1), trainable);
    return inside;
  }

  const ModelSpec& spec_;
  const RunOptions& run_;
  std::vector<std::pair<std::string, bool>> trainable_;
  std::map<std::string, Layer> layers_;
  std::map<std::string, LayerOutput> values_;
};

// Tracing puts "layer 'NAME' (Class), fed by ...: " before what is wrong; inside a model, NAME is that of the inner layer.
const LayerSpec* blamed(const ModelSpec& model, const std::string& message) {
  static const std::string start = "layer '";
  if (message.rfind(start, 0) != 0) return nullptr;
  const std::size_t end = message.find('\'', start.size());
  if (end == std::string::npos) return nullptr;
  const std::string name = message.substr(start.size(), end - start.size());
  if (const LayerSpec* found = model.find(name)) return found;
  for (const std::string& path : model.paths())
    if (path.size() > name.size() && path.compare(path.size() - name.size() - 1, std::string::npos, "/" + name) == 0) return model.find(path);
  return nullptr;
}

void report_at_layer(const ModelSpec& model, const Error& e, Diagnostics& diagnostics) {
  const LayerSpec* layer = blamed(model, e.what());
  report(diagnostics, layer ? layer->at : model.at, e.what(), e.hint());
}

// `model: FILE` may name a spec whose model is again a file.
class SpecFiles {
 public:
  explicit SpecFiles(const ModelFileReader& read_file) : read_file_(read_file) {}

  Model model(const Spec& spec, const RunOptions& run) {
    const ModelSpec& m = spec.model;
    if (!m.keras.is_null()) return model_of_keras(m.keras, run, m.at.source ? m.at.source->name() : "model");
    if (m.is_described()) return build_model(m, run);
    const std::string path = spec.path(m.file);
    if (!is_spec(path)) return read_file_ ? read_file_(path, run) : read_model(path, run);
    if (std::find(seen_.begin(), seen_.end(), path) != seen_.end())
      throw Error(ErrorKind::spec, fmt::format("the model of {} is its own", path), "a spec with layers, or a Keras file, ends the chain");
    seen_.push_back(path);
    return model(read_spec(path), run);
  }

 private:
  // Keras' to_json has a class_name at the top.
  static bool is_spec(const std::string& path) {
    if (path.ends_with(".yaml") || path.ends_with(".yml")) return true;
    return path.ends_with(".json") && !read_tree(SourceText::read(path)).find("class_name");
  }

  const ModelFileReader& read_file_;
  std::vector<std::string> seen_;
};

void set_trainable(const LayerGraph& graph, const std::string& prefix, const std::string& pattern, bool trainable) {
  for (const LayerGraph::Entry& entry : graph.layers()) {
    if (!entry.layer) continue;  // an input
    Layer layer = entry.layer;   // a handle on the same layer
    const std::string path = prefix + entry.name;
    if (matches_pattern(pattern, path)) set_trainable(layer, trainable);
    if (const auto* nested = layer.as<Nested>()) set_trainable(nested->model->graph, path + "/", pattern, trainable);
  }
}

MetricList metric_list(const std::vector<Config>& metrics) {
  MetricList list;
  for (const Config& config : metrics) {
    if (const auto* name = config.as<std::string>()) {
      list.emplace_back(*name);
      continue;
    }
    Metric metric;
    metric.assign(config);
    list.emplace_back(std::move(metric));
  }
  return list;
}

}  // namespace

RunOptions run_options(const RunSpec& run) {
  return {.backend = run.backend,
          .threads = static_cast<int>(run.threads),
          .reproducible = run.reproducible,
          .tensor_float32 = run.tensor_float32,
          .seed = static_cast<std::uint64_t>(run.seed),
          .dtype = run.dtype,
          .skip_nonfinite_updates = run.skip_nonfinite_updates};
}

Model build_model(const ModelSpec& model, const RunOptions& run) { return ModelBuild(model, run).model(); }

void set_trainable(Model& model, const std::vector<std::pair<std::string, bool>>& rules) {
  for (const auto& [pattern, trainable] : rules) set_trainable(model.state().graph, "", pattern, trainable);
}

std::optional<Model> build_model(const Spec& spec, Diagnostics& diagnostics, const ModelFileReader& read_file) {
  const RunOptions run = run_options(spec.run);
  try {
    return SpecFiles(read_file).model(spec, run);
  } catch (const SpecError&) {
    throw;  // of another text, positions and all
  } catch (const LayerErrors& e) {
    for (const Error& each : e.errors()) report_at_layer(spec.model, each, diagnostics);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::spec) throw;
    report_at_layer(spec.model, e, diagnostics);
  }
  return std::nullopt;
}

CompileArguments compile_arguments(const CompileSpec& compile) {
  CompileArguments arguments;
  if (compile.optimizer) arguments.optimizer.assign(Config(*compile.optimizer));
  arguments.loss = each<Loss>(compile.loss, [](const Config& config) {
    Loss loss;
    loss.assign(config);
    return loss;
  });
  arguments.loss_weights = compile.loss_weights;
  arguments.metrics = each<MetricList>(compile.metrics, metric_list);
  arguments.weighted_metrics = each<MetricList>(compile.weighted_metrics, metric_list);
  arguments.steps_per_execution = compile.steps_per_execution;
  arguments.auto_scale_loss = compile.auto_scale_loss;
  return arguments;
}

FitArguments fit_arguments(const FitSpec& fit, const std::vector<ObjectConfig>& callbacks) {
  FitArguments arguments;
  arguments.batch_size = fit.batch_size;
  arguments.epochs = static_cast<int>(fit.epochs);
  if (const auto* verbose = fit.verbose.as<std::int64_t>()) arguments.verbose = static_cast<int>(*verbose);
  for (const ObjectConfig& config : callbacks) {
    Callback callback;
    callback.assign(Config(config));
    arguments.callbacks.push_back(std::move(callback));
  }
  arguments.validation_split = fit.validation_split;
  arguments.shuffle = fit.shuffle;
  arguments.class_weight = fit.class_weights();
  arguments.initial_epoch = static_cast<int>(fit.initial_epoch);
  arguments.steps_per_epoch = fit.steps_per_epoch;
  arguments.validation_steps = fit.validation_steps;
  arguments.validation_batch_size = fit.validation_batch_size;
  arguments.validation_freq = static_cast<int>(fit.validation_freq);
  arguments.terminate_on_nan = fit.terminate_on_nan;
  return arguments;
}

const Mark& place_of(const CompileSpec& compile, const std::string& message) {
  const auto is_about = [&](const char* what) { return message.rfind(what, 0) == 0; };
  if (is_about("the loss")) return compile.loss_at;
  if (is_about("the metric")) return compile.metrics_at;
  return is_about("the optimizer") || is_about("the schedule") ? compile.optimizer_at : compile.at;
}

void check_monitors(const Spec& spec, const std::vector<std::string>& reported, Diagnostics& diagnostics) {
  const auto built_in = [](const ObjectConfig& callback) {
    for (const auto& group : builtin_components())
      for (const BuiltinComponent& c : group)
        if (c.kind == Callback::kind && &c.type() == find_component(Callback::kind, callback.name)) return true;
    return false;
  };
  // A program's own callback may report what it likes.
  if (!std::all_of(spec.callbacks.begin(), spec.callbacks.end(), built_in)) return;
  std::vector<std::string> names = reported;
  for (const std::string& name : reported) names.push_back("val_" + name);
  names.push_back("learning_rate");
  for (std::size_t i = 0; i < spec.callbacks.size(); ++i)
    for (const auto& [argument, value] : spec.callbacks[i].arguments) {
      const auto* monitor = value.as<std::string>();
      if (argument != "monitor" || !monitor || std::find(names.begin(), names.end(), *monitor) != names.end()) continue;
      const std::string meant = did_you_mean(*monitor, names);
      report(diagnostics, spec.monitors_at[i], fmt::format("{} watches '{}', which is not reported", spec.callbacks[i].name, *monitor),
             meant.empty() ? fmt::format("reported: {}; with val_ before them on validation rows", fmt::join(reported, ", ")) : meant);
    }
}

namespace {

// What a training step that is traced, and not compiled, shows: losses, metrics and optimizer against the model's outputs.
void check_step(const Spec& spec, const CompileSpec& compile, Model& model, Diagnostics& diagnostics) {
  ModelState& state = model.state();
  try {
    state.take(compile_arguments(compile));
    check_monitors(spec, training_graph(state, assumed_types(state, true), true).logs, diagnostics);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::spec) throw;
    report(diagnostics, place_of(compile, e.what()), e.what(), e.hint());
  }
}

}  // namespace

void validate_spec(const std::string& path, const std::vector<std::string>& overrides, Diagnostics& diagnostics,
                   const ModelFileReader& read_file) {
  try {
    Diagnostics of_file;
    Node tree;
    try {
      tree = read_tree(SourceText::read(path), of_file);
    } catch (const SpecError& e) {
      for (const Diagnostic& d : e.diagnostics()) diagnostics.add(d);
      return;
    }
    for (const std::string& text : overrides) apply_override(tree, text, of_file);
    const Spec spec = check_spec(tree, of_file);
    const bool whole = !of_file.has_errors();
    if (whole) warn_about(spec, of_file);
    std::optional<Model> model;
    try {
      if (whole || (spec.has_whole_model && spec.model.is_described())) model = build_model(spec, of_file, read_file);
    } catch (const SpecError&) {
      throw;
    } catch (const Error& e) {  // a model file that cannot be read
      report(of_file, spec.model.at, e.what(), e.hint());
    }
    if (whole && model) {
      const bool compiles = spec.compile || std::any_of(spec.fit.begin(), spec.fit.end(), [](const FitSpec& f) { return f.compile.has_value(); });
      const bool thaws = std::any_of(spec.fit.begin(), spec.fit.end(), [](const FitSpec& f) {
        return std::any_of(f.trainable.begin(), f.trainable.end(), [](const auto& rule) { return rule.second; });
      });
      if (compiles && !thaws && model->summary().trainable_params == 0)
        warn(of_file, spec.model.at, "nothing is trainable", "training would change no weight");
      if (spec.compile) check_step(spec, *spec.compile, *model, of_file);
      for (const FitSpec& stage : spec.fit)
        if (stage.compile) check_step(spec, *stage.compile, *model, of_file);
    }
    diagnostics.add(of_file);
  } catch (const SpecError& e) {
    for (const Diagnostic& d : e.diagnostics()) diagnostics.add(d);
  } catch (const Error& e) {
    diagnostics.file_error(path, e.what(), e.hint());
  }
}

}  // namespace strata
