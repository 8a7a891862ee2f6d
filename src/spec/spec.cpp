#include "src/spec/spec.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "src/spec/overrides.h"
#include "src/spec/reader.h"
#include "src/spec/suggest.h"

namespace strata {
namespace {

const std::vector<std::string> compile_objects = {"optimizer", "loss", "loss_weights", "metrics", "weighted_metrics"};

std::string described(const Node& node) {
  return node.is_scalar() && !node.is_null() ? (node.is_string() ? "'" + node.text() + "'" : node.text()) : Node::describe(node.kind());
}

std::optional<std::int64_t> integer(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class SpecCheck {
 public:
  SpecCheck(const Node& tree, Diagnostics& diagnostics) : tree_(tree), diagnostics_(diagnostics) {}

  Spec check() {
    if (tree_.source()) spec_.folder = std::filesystem::path(tree_.source()->name()).parent_path().string();
    if (!tree_.is_mapping()) {
      report(diagnostics_, tree_, fmt::format("a spec is a mapping with 'model', received {}", described(tree_)),
             tree_.is_sequence() ? "a list of layers stands under 'model:'" : "");
      return std::move(spec_);
    }
    if (tree_.find("class_name")) {  // Keras' to_json text
      spec_.model.keras = tree_;
      spec_.model.at = tree_;
      spec_.has_whole_model = true;
      return std::move(spec_);
    }
    check_keys(tree_, "a spec", spec_keys(), diagnostics_);
    if (const Node* name = tree_.find("name")) {
      if (name->is_scalar() && !name->is_null()) spec_.name = name->text();
      else report(diagnostics_, *name, fmt::format("'name' is a text, received {}", described(*name)));
    }
    model();
    if (const Node* compile = tree_.find("compile")) spec_.compile = read_compile(*compile);
    if (const Node* data = tree_.find("data")) spec_.data = check_data(*data, diagnostics_);
    if (const Node* fit = tree_.find("fit")) stages(*fit);
    if (const Node* callbacks = tree_.find("callbacks")) read_callbacks(*callbacks);
    if (const Node* run = tree_.find("run")) spec_.run = read_section<RunSpec>(*run, "run", diagnostics_);
    across_sections();
    return std::move(spec_);
  }

 private:
  void model() {
    const Node* node = tree_.find("model");
    if (!node) {
      const Mark at = tree_.size() > 0 ? Mark(tree_.key(0)) : Mark(tree_);
      if (!typo_of("model")) report(diagnostics_, at, "the spec has no 'model'", "model: a list of layers, a mapping with 'layers', or a file");
      return;
    }
    const std::size_t before = diagnostics_.error_count();
    if (auto checked = check_model(*node, diagnostics_)) spec_.model = std::move(*checked);
    model_is_whole_ = diagnostics_.error_count() == before;
    spec_.has_whole_model = model_is_whole_ && before == 0;  // what is wrong in the text may have left an argument out
    if (spec_.model.name.empty()) spec_.model.name = spec_.name;
  }

  // Whether some unknown key was reported as a misspelling of this one.
  bool typo_of(const std::string& key) const {
    for (std::size_t i = 0; i < tree_.size(); ++i) {
      const std::string& given = tree_.key(i).text();
      if (std::find(spec_keys().begin(), spec_keys().end(), given) == spec_keys().end() && suggest(given, spec_keys()) == key) return true;
    }
    return false;
  }

  bool outputs_known() const { return model_is_whole_ && spec_.model.is_described(); }
  std::vector<std::string> output_names() const {
    std::vector<std::string> names;
    for (const auto& [name, reference] : spec_.model.outputs) names.push_back(name);
    return names;
  }
  // A map by output name, where an object's mapping may stand too. One key that is neither is what it looks like: an output
  // misspelt, else an object; of several outputs, or of a file's, which are not known here, an output.
  bool is_by_output(const Node& node, std::string_view kind) const {
    if (!node.is_mapping() || node.size() == 0 || node.find("class_name")) return false;
    const std::vector<std::string> names = output_names();
    bool every = true, any = false;
    for (std::size_t i = 0; i < node.size(); ++i) {
      const bool is_output = std::find(names.begin(), names.end(), node.key(i).text()) != names.end();
      every = every && is_output;
      any = any || is_output;
    }
    if (outputs_known() && every) return true;
    if (any || node.size() > 1) return true;  // an object has one name
    const std::string& key = node.key(0).text();
    if (find_component(kind, key)) return false;
    if (!outputs_known() || suggest(key, names)) return true;
    std::vector<std::string> objects;
    for (const ComponentType* type : components(kind)) objects.push_back(type->schema.name);
    return names.size() > 1 && !suggest(key, objects);
  }
  bool check_output(const Node& key, const std::string& what) {
    if (!outputs_known()) return true;
    const std::vector<std::string> names = output_names();
    if (std::find(names.begin(), names.end(), key.text()) != names.end()) return true;
    std::string hint = did_you_mean(key.text(), names);
    if (hint.empty()) {
      hint = "the outputs:";
      for (const auto& n : names) hint += (hint.back() == ':' ? " " : ", ") + n;
    }
    report(diagnostics_, key, fmt::format("'{}' names '{}', which is no output of the model", what, key.text()), hint);
    return false;
  }
  void check_count(const Node& list, const std::string& what) {
    const std::size_t outputs = spec_.model.outputs.size();
    if (outputs_known() && list.size() != outputs)
      report(diagnostics_, list, fmt::format("'{}' has {} entr{}, the model has {} output{}", what, list.size(), list.size() == 1 ? "y" : "ies", outputs, outputs == 1 ? "" : "s"),
             "one entry for each output, in order; null where an output has none");
  }

  CompileSpec read_compile(const Node& node) {
    CompileSpec spec = read_section<CompileSpec>(node, "compile", diagnostics_, compile_objects);
    spec.at = spec.optimizer_at = spec.loss_at = spec.metrics_at = node;
    if (!node.is_mapping()) return spec;
    if (const Node* optimizer = node.find("optimizer")) {
      spec.optimizer_at = *optimizer;
      spec.optimizer = check_object(Optimizer::kind, *optimizer, diagnostics_);
    } else spec.optimizer = ObjectConfig{"RMSprop", {}};  // Keras' default
    if (const Node* loss = node.find("loss")) {
      spec.loss_at = *loss;
      spec.loss = losses(*loss);
    }
    if (const Node* weights = node.find("loss_weights")) spec.loss_weights = loss_weights(*weights);
    if (const Node* metrics = node.find("metrics")) {
      spec.metrics_at = *metrics;
      spec.metrics = metric_lists(*metrics, "metrics");
    }
    if (const Node* metrics = node.find("weighted_metrics")) spec.weighted_metrics = metric_lists(*metrics, "weighted_metrics");
    return spec;
  }

  Config loss(const Node& node) {
    if (node.is_null()) return {};
    auto object = check_object(Loss::kind, node, diagnostics_);
    return object ? Config(std::move(*object)) : Config();
  }

  PerOutput<Config> losses(const Node& node) {
    if (node.is_null()) return {};
    if (node.is_sequence()) {
      check_count(node, "loss");
      std::vector<Config> list;
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(loss(node[i]));
      return PerOutput<Config>::list(std::move(list));
    }
    if (is_by_output(node, Loss::kind)) {
      std::vector<std::pair<std::string, Config>> map;
      for (std::size_t i = 0; i < node.size(); ++i)
        if (check_output(node.key(i), "loss")) map.emplace_back(node.key(i).text(), loss(node[i]));
      return PerOutput<Config>::map(std::move(map));
    }
    return PerOutput<Config>(loss(node));
  }

  PerOutput<double> loss_weights(const Node& node) {
    const auto number = [&](const Node& n) {
      if (n.is_integer()) return static_cast<double>(n.as_integer());
      if (n.is_number()) return n.as_number();
      report(diagnostics_, n, fmt::format("a loss weight is a number, received {}", described(n)));
      return 0.0;
    };
    if (node.is_null()) return {};
    if (node.is_sequence()) {
      check_count(node, "loss_weights");
      std::vector<double> list;
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(number(node[i]));
      return PerOutput<double>::list(std::move(list));
    }
    if (node.is_mapping()) {
      std::vector<std::pair<std::string, double>> map;
      for (std::size_t i = 0; i < node.size(); ++i)
        if (check_output(node.key(i), "loss_weights")) map.emplace_back(node.key(i).text(), number(node[i]));
      return PerOutput<double>::map(std::move(map));
    }
    return PerOutput<double>(number(node));
  }

  void metric(const Node& node, std::vector<Config>& into) {
    if (node.is_null()) return;
    if (node.is_string() && is_resolved_metric(node.as_string())) into.emplace_back(node.as_string());
    else if (auto object = check_object(Metric::kind, node, diagnostics_)) into.emplace_back(std::move(*object));
  }
  std::vector<Config> metric_list(const Node& node) {
    std::vector<Config> list;
    if (!node.is_sequence()) metric(node, list);
    else
      for (std::size_t i = 0; i < node.size(); ++i) metric(node[i], list);
    return list;
  }
  PerOutput<std::vector<Config>> metric_lists(const Node& node, const std::string& what) {
    using Lists = PerOutput<std::vector<Config>>;
    if (node.is_null()) return {};
    if (node.is_sequence()) {
      // One output: its metrics. Several: one entry for each.
      const bool nested = node.size() > 0 && std::any_of(&node, &node + 1, [](const Node& n) {
        for (std::size_t i = 0; i < n.size(); ++i)
          if (n[i].is_sequence()) return true;
        return false;
      });
      if (!nested && !(outputs_known() && spec_.model.outputs.size() > 1)) return Lists(metric_list(node));
      check_count(node, what);
      std::vector<std::vector<Config>> lists;
      for (std::size_t i = 0; i < node.size(); ++i) lists.push_back(metric_list(node[i]));
      return Lists::list(std::move(lists));
    }
    if (is_by_output(node, Metric::kind)) {
      std::vector<std::pair<std::string, std::vector<Config>>> map;
      for (std::size_t i = 0; i < node.size(); ++i)
        if (check_output(node.key(i), what)) map.emplace_back(node.key(i).text(), metric_list(node[i]));
      return Lists::map(std::move(map));
    }
    return Lists(metric_list(node));
  }

  void stages(const Node& node) {
    if (!node.is_sequence()) {
      spec_.fit.push_back(stage(node));
      return;
    }
    spec_.fit_is_list = true;
    for (std::size_t i = 0; i < node.size(); ++i) spec_.fit.push_back(stage(node[i]));
    if (node.size() == 0) report(diagnostics_, node, "'fit' is an empty list of stages");
  }

  FitSpec stage(const Node& node) {
    if (node.is_mapping()) {
      const auto elsewhere = [&](const char* key, const char* hint) {
        if (const Node* found = node.find_key(key)) report(diagnostics_, *found, fmt::format("unknown key '{}' of 'fit'", key), hint);
      };
      elsewhere("callbacks", "'callbacks' stands beside 'fit'");
      elsewhere("validation_data", "validation rows stand under data: {validation: {x:, y:}}");
    }
    FitSpec fit = read_section<FitSpec>(node, "fit", diagnostics_, {"compile", "trainable", "callbacks", "validation_data"});
    fit.at = node;
    if (!node.is_mapping()) return fit;
    if (const Node* compile = node.find("compile")) fit.compile = read_compile(*compile);
    if (const Node* trainable = node.find("trainable"); trainable && (model_is_whole_ || !spec_.model.is_described()))
      fit.trainable = check_trainable(*trainable, spec_.model, diagnostics_);
    if (const Node* weights = node.find("class_weight"); weights && !weights->is_null()) {
      if (!weights->is_mapping()) report(diagnostics_, *weights, fmt::format("'class_weight' is a map from classes to numbers, received {}", described(*weights)), "class_weight: {0: 1.0, 1: 2.5}");
      for (std::size_t i = 0; weights->is_mapping() && i < weights->size(); ++i) {
        const auto label = integer(weights->key(i).text());
        if (!label || *label < 0) report(diagnostics_, weights->key(i), fmt::format("a class of 'class_weight' is an integer from 0, received {}", described(weights->key(i))));
        const Node& value = (*weights)[i];
        if (!value.is_integer() && !value.is_number()) report(diagnostics_, value, fmt::format("a class weight is a number, received {}", described(value)));
      }
    }
    if (fit.initial_epoch >= fit.epochs)
      if (const Node* at = node.find("initial_epoch"); at && fit.initial_epoch > 0)
        report(diagnostics_, *at, fmt::format("'initial_epoch' {} leaves nothing of {} epoch{}", fit.initial_epoch, fit.epochs, fit.epochs == 1 ? "" : "s"), "epochs counts from 0, not from initial_epoch");
    return fit;
  }

  void read_callbacks(const Node& node) {
    if (node.is_null()) return;
    if (!node.is_sequence()) {
      report(diagnostics_, node, fmt::format("'callbacks' is a list, received {}", described(node)), "callbacks: [EarlyStopping: {patience: 3}]");
      return;
    }
    for (std::size_t i = 0; i < node.size(); ++i)
      if (auto object = check_object(Callback::kind, node[i], diagnostics_)) {
        const auto parts = object_parts(node[i]);
        const Node* monitor = parts->arguments ? parts->arguments->find("monitor") : nullptr;
        spec_.callbacks.push_back(std::move(*object));
        spec_.monitors_at.push_back(monitor ? Mark(*monitor) : Mark(*parts->name));
      }
  }

  void across_sections() {
    const Node* fit = tree_.find("fit");
    const Node* data = tree_.find("data");
    if (fit && data && data->is_mapping() && data->find("validation")) {
      const auto refuse = [&](const Node& one) {
        const Node* split = one.is_mapping() ? one.find("validation_split") : nullptr;
        if (split && !(split->is_integer() && split->as_integer() == 0) && !(split->is_number() && split->as_number() == 0))
          report(diagnostics_, *one.find_key("validation_split"), "'validation_split' beside data: {validation:}", "rows for validation come from one of them");
      };
      if (!fit->is_sequence()) refuse(*fit);
      else
        for (std::size_t i = 0; i < fit->size(); ++i) refuse((*fit)[i]);
    }
    check_column_names();
  }

  // Maps under x and y name inputs and outputs.
  void check_column_names() {
    const Node* data = tree_.find("data");
    if (!data || !outputs_known()) return;
    std::vector<std::string> inputs;
    for (const InputSpec& in : spec_.model.inputs) inputs.push_back(in.name);
    const std::vector<std::string> outputs = output_names();
    const auto check = [&](const Node& table) {
      for (const char* key : {"x", "y"}) {
        const Node* map = table.is_mapping() ? table.find(key) : nullptr;
        if (!map || !map->is_mapping()) continue;
        const auto& names = *key == 'x' ? inputs : outputs;
        for (std::size_t i = 0; i < map->size(); ++i)
          if (std::find(names.begin(), names.end(), map->key(i).text()) == names.end()) {
            std::string hint = did_you_mean(map->key(i).text(), names);
            if (hint.empty()) {
              hint = *key == 'x' ? "the inputs:" : "the outputs:";
              for (const auto& n : names) hint += (hint.back() == ':' ? " " : ", ") + n;
            }
            report(diagnostics_, map->key(i), fmt::format("the model has no {} '{}'", *key == 'x' ? "input" : "output", map->key(i).text()), hint);
          }
      }
    };
    check(*data);
    for (const char* name : {"train", "validation", "test"})
      if (const Node* table = data->is_mapping() ? data->find(name) : nullptr) check(*table);
  }

  const Node& tree_;
  Diagnostics& diagnostics_;
  Spec spec_;
  bool model_is_whole_ = false;
};

}  // namespace

Schema CompileSpec::schema() {
  return describe<CompileSpec>("compile", "What training makes small, and how.",
      field("steps_per_execution", &CompileSpec::steps_per_execution, "Steps that a device takes in one launch, at most 32; 1: as many as last some milliseconds.", at_least(1)),
      field("auto_scale_loss", &CompileSpec::auto_scale_loss, "Whether training under mixed_float16 wraps the optimizer by a LossScaleOptimizer."));
}

Schema FitSpec::schema() {
  return describe<FitSpec>("fit", "How long and on how much at once.",
      field("epochs", &FitSpec::epochs, "Passes over the training rows, counted from 0.", at_least(1)),
      field("batch_size", &FitSpec::batch_size, "Rows of one step.", at_least(1)),
      field("validation_split", &FitSpec::validation_split, "Last fraction of the training rows, kept for validation.", from_to_below(0, 1)),
      field("shuffle", &FitSpec::shuffle, "Whether each epoch takes the rows in another order."),
      field("class_weight", &FitSpec::class_weight, "Weight of the rows of each class."),
      field("initial_epoch", &FitSpec::initial_epoch, "Epoch to begin with.", at_least(0)),
      field("steps_per_epoch", &FitSpec::steps_per_epoch, "Steps of one epoch; absent: all rows.", at_least(1)),
      field("validation_steps", &FitSpec::validation_steps, "Steps of one validation; absent: all rows.", at_least(1)),
      field("validation_batch_size", &FitSpec::validation_batch_size, "Rows of one validation step; absent: batch_size.", at_least(1)),
      field("validation_freq", &FitSpec::validation_freq, "Epochs from one validation to the next.", at_least(1)),
      field("terminate_on_nan", &FitSpec::terminate_on_nan, "Whether the first loss that is not finite ends the training."),
      field("verbose", &FitSpec::verbose, "auto, or 0: silent, 1: a bar, 2: a line for each epoch."));
}

std::map<std::int64_t, double> FitSpec::class_weights() const {
  std::map<std::int64_t, double> weights;
  if (const auto* map = class_weight.as<Config::Mapping>())
    for (const auto& [label, weight] : *map)
      if (const auto number = integer(label); number && weight.is_number()) weights[*number] = weight.number();
  return weights;
}

Schema RunSpec::schema() {
  return describe<RunSpec>("run", "Where and how a model runs.",
      field("seed", &RunSpec::seed, "Of initial weights, shuffling, dropout and augmentation.", at_least(0)),
      field("backend", &RunSpec::backend, "What computes.", one_of({"auto", "cpu", "cuda", "reference"})),
      field("threads", &RunSpec::threads, "Threads; 0: every core.", at_least(0)),
      field("dtype", &RunSpec::dtype, "Dtype policy of layers without their own.",
            one_of({"float32", "float64", "bfloat16", "float16", "mixed_bfloat16", "mixed_float16"})),
      field("reproducible", &RunSpec::reproducible, "Whether bits are the same at any number of threads."),
      field("tensor_float32", &RunSpec::tensor_float32,
            "On CUDA: float32 products round their operands to 10 bits of mantissa; other backends do not."),
      field("dir", &RunSpec::dir, "Run directory."),
      field("skip_nonfinite_updates", &RunSpec::skip_nonfinite_updates,
            "Whether an update with a loss or gradient that is not finite changes nothing and is counted."),
      field("choices", &RunSpec::choices, "A file of kernels to use, which `strata tune` or a run wrote."));
}

std::string Spec::path(const std::string& relative) const { return (std::filesystem::path(folder) / relative).string(); }

bool is_resolved_metric(const std::string& name) {
  return name == "accuracy" || name == "acc" || name == "crossentropy" || name == "ce";
}

const std::vector<std::string>& spec_keys() {
  static const std::vector<std::string> keys = {"name", "model", "compile", "data", "fit", "callbacks", "run"};
  return keys;
}

const std::vector<std::string>& compile_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all = compile_objects;
    for (const Field& f : CompileSpec::schema().fields) all.emplace_back(f.name);
    return all;
  }();
  return keys;
}

Spec check_spec(const Node& tree, Diagnostics& diagnostics) {
  return SpecCheck(tree, diagnostics).check();
}

Spec read_spec(const std::string& path, const std::vector<std::string>& overrides) {
  Diagnostics diagnostics;
  Node tree = read_tree(SourceText::read(path), diagnostics);
  for (const std::string& text : overrides) apply_override(tree, text, diagnostics);
  Spec spec = check_spec(tree, diagnostics);
  diagnostics.throw_if_errors();
  return spec;
}

}  // namespace strata
