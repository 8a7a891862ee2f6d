// A checked spec: what `train`, `evaluate`, `predict`, `summary`, `render` go by. Nothing is read but the text, nothing is
// built.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <strata/model.h>

#include "src/spec/data_spec.h"
#include "src/spec/model_spec.h"

namespace strata {

// Keras' compile() arguments. Entries are objects of their kind; a loss may be null for an output without one. A metric is
// an object, or one of the texts "accuracy", "acc", "crossentropy", "ce".
struct CompileSpec {
  std::optional<ObjectConfig> optimizer;
  PerOutput<Config> loss;
  PerOutput<double> loss_weights;
  PerOutput<std::vector<Config>> metrics, weighted_metrics;
  std::int64_t steps_per_execution = 1;
  bool auto_scale_loss = true;
  static Schema schema();  // of the last two

  Mark at, optimizer_at, loss_at, metrics_at;
};

// Keras' fit() arguments.
struct FitSpec {
  std::int64_t epochs = 1, batch_size = 32;
  double validation_split = 0;
  bool shuffle = true;
  Config class_weight;  // from classes to numbers
  std::int64_t initial_epoch = 0;
  std::optional<std::int64_t> steps_per_epoch, validation_steps, validation_batch_size;
  std::int64_t validation_freq = 1;
  bool terminate_on_nan = true;
  Config verbose = "auto";
  static Schema schema();

  // Of a stage: what it compiles with, and what it freezes.
  std::optional<CompileSpec> compile;
  std::vector<std::pair<std::string, bool>> trainable;
  Mark at;

  std::map<std::int64_t, double> class_weights() const;
};

struct RunSpec {
  std::int64_t seed = 0;
  std::string backend = "auto";
  std::int64_t threads = 0;
  std::string dtype = "float32";
  bool reproducible = true;
  bool tensor_float32 = false;
  std::optional<std::string> dir;
  bool skip_nonfinite_updates = false;
  std::optional<std::string> choices;
  static Schema schema();
};

struct Spec {
  std::string name;
  ModelSpec model;
  bool has_whole_model = false;  // without an error in it or in the text: it can be built whatever the other sections say
  std::optional<CompileSpec> compile;
  std::optional<DataSpec> data;
  std::vector<FitSpec> fit;  // one entry unless it is a list of stages; empty where there is no `fit:`
  bool fit_is_list = false;
  std::vector<ObjectConfig> callbacks;
  std::vector<Mark> monitors_at;  // of each callback: its monitor, else its name
  RunSpec run;

  std::string folder;  // of the file, that relative paths start from
  std::string path(const std::string& relative) const;
};

// Every error goes to `diagnostics`; the spec is whole if there is none. What to warn of: warnings.h.
Spec check_spec(const Node& tree, Diagnostics& diagnostics);
// From a file; a SpecError if anything is wrong. Each of `overrides` is a PATH=VALUE of --set.
Spec read_spec(const std::string& path, const std::vector<std::string>& overrides = {});

// Whether `name` is one of the metrics that resolve by loss and shape.
bool is_resolved_metric(const std::string& name);
// Sections and the keys of each, in the order of the language.
const std::vector<std::string>& spec_keys();
const std::vector<std::string>& compile_keys();

}  // namespace strata
