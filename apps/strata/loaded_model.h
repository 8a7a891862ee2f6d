// MODEL on the command line: a spec, a Keras file or a run directory, with everything that --set and the options change.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <strata/model.h>
#include "apps/strata/verb.h"
#include "src/data/source.h"
#include "src/files/run_directory.h"
#include "src/spec/spec.h"

namespace CLI {
class App;
}

namespace strata {

struct ModelChoice {
  std::string model;    // MODEL
  std::string weights;  // --weights
};
void add_model_options(CLI::App& verb, ModelChoice& choice);

enum class Weights { best, last };  // of a run directory

struct LoadedModel {
  Node tree;  // of the spec, --set applied; {model: FILE} for a Keras file
  Spec spec;
  Model model;
  std::string name;         // what the person wrote
  bool has_weights = false; // trained or brought by a file
};

// Reads the tree alone.
Node model_tree(const ModelChoice& choice, const CommonOptions& common, const std::vector<std::string>& more_overrides = {});
// Builds it, compiled where it says how, with the weights of its file, run directory or --weights.
LoadedModel load_model(const ModelChoice& choice, const CommonOptions& common, Weights which = Weights::best,
                       const std::vector<std::string>& more_overrides = {});
LoadedModel build_loaded(Node tree, const std::string& name, const CommonOptions& common);

// --x and --y: FILE, or NAME=FILE where NAME is an input (output) of the model.
struct DataChoice {
  std::vector<std::string> x, y;
  std::int64_t batch_size = 0;  // 0: what the spec says
};
void add_data_options(CLI::App& verb, DataChoice& choice, bool targets);
RowSource row_source(const DataChoice& choice, const Model& model);
// Rows that have the columns the model takes; else an error that names the file.
Rows fitting_rows(const Model& model, const RowSource& source, const std::vector<std::string>& known_classes = {});
// Rows to evaluate or predict on: --x, else data.test, else data.validation, never training rows; says which.
Rows rows_to_use(const DataChoice& choice, const LoadedModel& loaded, const CommonOptions& common, const char* verb);
std::int64_t batch_size(const DataChoice& choice, const LoadedModel& loaded);

}  // namespace strata
