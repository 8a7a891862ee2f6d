#include "apps/strata/loaded_model.h"

#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <strata/error.h>
#include "src/files/choices_json.h"
#include "src/files/keras_model.h"
#include "src/files/model_files.h"
#include "src/files/spec_data.h"
#include "src/files/spec_model.h"
#include "src/files/weights_h5.h"
#include "src/io/atomic_file.h"
#include "src/model/batch.h"
#include "src/model/model_state.h"
#include "src/spec/overrides.h"
#include "src/spec/reader.h"

namespace strata {
namespace {

namespace fs = std::filesystem;

bool ends_with(const std::string& text, std::string_view ending) { return std::string_view(text).ends_with(ending); }

// A Keras file is the spec that names it and nothing else.
Node tree_of(const std::string& model, Diagnostics& diagnostics) {
  if (RunDirectory::is_one(model)) return read_tree(SourceText::read(RunDirectory::open(model).file("spec.yaml")), diagnostics);
  if (fs::is_directory(model)) throw Error(ErrorKind::spec, fmt::format("{}: is no run directory: it has no spec.yaml", model));
  if (ends_with(model, ".keras") || ends_with(model, ".h5") || ends_with(model, ".hdf5")) {
    Node tree = Node::mapping();
    tree.set("model", Node::string(fs::absolute(model).string()));
    return tree;
  }
  return read_tree(SourceText::read(model), diagnostics);
}

std::string without_line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

std::vector<ArraySource> arrays(const std::vector<std::string>& choices, const std::vector<std::string>& names) {
  std::vector<ArraySource> found;
  for (const std::string& choice : choices) {
    const std::size_t equals = choice.find('=');
    const std::string name = equals == std::string::npos ? "" : choice.substr(0, equals);
    if (!name.empty() && std::find(names.begin(), names.end(), name) != names.end()) found.push_back({name, choice.substr(equals + 1), {}});
    else found.push_back({"", choice, {}});
  }
  return found;
}

// One table for several inputs (outputs): the columns that the spec names, else those of their names.
void name_columns(std::vector<ArraySource>& sources, const std::vector<std::string>& names, const std::vector<ArraySource>& of_spec) {
  if (sources.size() != 1 || names.size() < 2 || !sources[0].name.empty() || format_of(sources[0].file) != "csv") return;
  const std::string file = sources[0].file;
  sources.clear();
  for (const std::string& name : names) {
    const auto known = std::find_if(of_spec.begin(), of_spec.end(), [&](const ArraySource& s) { return s.name == name && !s.members.empty(); });
    sources.push_back({name, file, known == of_spec.end() ? std::vector<std::string>{name} : known->members});
  }
}

// Of a choice on the command line; what the spec says about columns and missing cells of its tables holds.
RowSource chosen_rows(const DataChoice& choice, const LoadedModel& loaded) {
  RowSource source = row_source(choice, loaded.model), of_spec;
  if (const auto& data = loaded.spec.data)
    for (const auto* table : {&data->test, &data->validation, &data->train})
      if (*table && (*table)->reader() == "csv") of_spec = row_source(loaded.spec, **table);
  name_columns(source.x, loaded.model.input_names(), of_spec.x);
  name_columns(source.y, loaded.model.output_names(), of_spec.y);
  source.missing.fill = of_spec.missing.fill;
  for (const ArraySource& target : of_spec.y)  // a file of inputs has no targets to fill
    for (const std::string& column : target.members) source.missing.fill.erase(column);
  return source;
}

constexpr std::uint64_t most_bytes_of_choices = std::uint64_t{1} << 26;

// A run keeps the kernels that it took in its checkpoints: it does not need the file that it began with.
void use_kernels(Model& model, const std::string& file, bool of_run) {
  if (of_run && !fs::exists(file)) return;
  use_choices(model.state(), as_text(read_file(file, most_bytes_of_choices)), file);
}

}  // namespace

void add_model_options(CLI::App& verb, ModelChoice& choice) {
  verb.add_option("MODEL", choice.model, "A spec, a Keras file or a run directory.")->required();
  verb.add_option("--weights", choice.weights, "Weights to use: .keras, .weights.h5 or a run directory.");
}

void add_data_options(CLI::App& verb, DataChoice& choice, bool targets) {
  verb.add_option("--x", choice.x, "Inputs: a .npy, .npz or .csv file, or NAME=FILE for each input.")->expected(1)->take_all();
  if (targets) verb.add_option("--y", choice.y, "Targets, in the same forms.")->expected(1)->take_all();
  verb.add_option("--batch-size", choice.batch_size, "Rows of one step.")->check(integer_from(1));
}

Node model_tree(const ModelChoice& choice, const CommonOptions& common, const std::vector<std::string>& more_overrides) {
  Diagnostics diagnostics;
  Node tree = tree_of(choice.model, diagnostics);
  std::vector<std::string> overrides = more_overrides;
  if (!common.backend.empty()) overrides.push_back("run.backend=" + common.backend);
  if (common.threads >= 0) overrides.push_back(fmt::format("run.threads={}", common.threads));
  overrides.insert(overrides.end(), common.set.begin(), common.set.end());
  if (tree.is_mapping() && tree.find("class_name") && !overrides.empty()) {  // Keras' to_json text: the model of a spec
    Node spec = Node::mapping();
    spec.set("model", std::move(tree));
    tree = std::move(spec);
  }
  for (const std::string& text : overrides) apply_override(tree, text, diagnostics);
  diagnostics.throw_if_errors();
  return tree;
}

LoadedModel build_loaded(Node tree, const std::string& name, const CommonOptions& common) {
  Diagnostics diagnostics;
  Spec spec = check_spec(tree, diagnostics);
  // Layers that do not fit together are said in the same run as what is wrong in other sections.
  if (!spec.has_whole_model || !spec.model.is_described()) diagnostics.throw_if_errors();
  bool from_file = false;
  const ModelFileReader read = [&](const std::string& path, const RunOptions& run) {
    from_file = !path.ends_with(".json");
    return read_model(path, run);
  };
  std::optional<Model> model = build_model(spec, diagnostics, read);
  diagnostics.throw_if_errors();
  if (spec.compile) model->compile(compile_arguments(*spec.compile));
  if (spec.run.choices) use_kernels(*model, spec.path(*spec.run.choices), RunDirectory::is_one(name));
  LoadedModel loaded{std::move(tree), std::move(spec), std::move(*model), name, from_file};
  for (const std::string& warning : loaded.model.state().warnings) say(common, "warning: " + without_line(warning));
  loaded.model.state().warnings.clear();
  return loaded;
}

LoadedModel load_model(const ModelChoice& choice, const CommonOptions& common, Weights which, const std::vector<std::string>& more_overrides) {
  LoadedModel loaded = build_loaded(model_tree(choice, common, more_overrides), choice.model, common);
  const auto weights_of_run = [&](const std::string& path) {
    const RunDirectory run = RunDirectory::open(path);
    const std::string file = which == Weights::best ? run.best_model() : run.last_model();
    if (file.empty()) throw Error(ErrorKind::spec, fmt::format("{}: has no model yet", path), fmt::format("go on with it: strata train --resume {}", path));
    return file;
  };
  if (RunDirectory::is_one(choice.model) && choice.weights.empty()) {
    load_weights(loaded.model, weights_of_run(choice.model));
    loaded.has_weights = true;
  }
  if (!choice.weights.empty()) {
    load_weights(loaded.model, RunDirectory::is_one(choice.weights) ? weights_of_run(choice.weights) : choice.weights, false);
    loaded.has_weights = true;
  }
  return loaded;
}

RowSource row_source(const DataChoice& choice, const Model& model) {
  RowSource source;
  source.x = arrays(choice.x, model.input_names());
  source.y = arrays(choice.y, model.output_names());
  return source;
}

Rows fitting_rows(const Model& model, const RowSource& source, const std::vector<std::string>& known_classes) {
  const RowSource whole = for_inputs(model, source);
  Rows rows = load_rows(whole, known_classes);
  try {
    named_columns(model.state(), rows.data);
  } catch (const Error& e) {
    throw Error(e.kind(), fmt::format("{}: {}", files_of(whole, e.what()), e.what()), e.hint());
  }
  return rows;
}

Rows rows_to_use(const DataChoice& choice, const LoadedModel& loaded, const CommonOptions& common, const char* verb) {
  const auto& data = loaded.spec.data;
  // Text targets have the numbers that they have in training. A run knows them; a model that was never trained here reads the rows.
  const auto training_classes = [&] {
    if (RunDirectory::is_one(loaded.name))
      if (std::vector<std::string> names = RunDirectory::open(loaded.name).read_classes(); !names.empty()) return names;
    const std::string reader = data && data->train ? data->train->reader() : "";
    const bool names_classes = (reader == "csv" && data->train->file) || reader == "image_folder" || reader == "text";
    return names_classes ? load_rows(for_inputs(loaded.model, row_source(loaded.spec, *data->train))).classes : std::vector<std::string>();
  };
  if (!choice.x.empty()) return fitting_rows(loaded.model, chosen_rows(choice, loaded), choice.y.empty() ? std::vector<std::string>() : training_classes());
  const bool test = data && data->test;
  if (!test && !(data && data->validation))
    throw Error(ErrorKind::spec, fmt::format("{}: there are no rows to {}: the spec names neither data.test nor data.validation", loaded.name, verb),
                "name the rows: --x FILE");
  say(common, fmt::format("rows of data.{}", test ? "test" : "validation"));
  return fitting_rows(loaded.model, row_source(loaded.spec, test ? *data->test : *data->validation), training_classes());
}

std::int64_t batch_size(const DataChoice& choice, const LoadedModel& loaded) {
  if (choice.batch_size > 0) return choice.batch_size;
  return loaded.spec.fit.empty() ? 32 : loaded.spec.fit[0].batch_size;
}

}  // namespace strata
