#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <strata/error.h>
#include "apps/strata/loaded_model.h"
#include "apps/strata/signals.h"
#include "apps/strata/training_run.h"
#include "src/files/checkpoint.h"
#include "src/files/model_files.h"
#include "src/files/spec_data.h"
#include "src/files/spec_model.h"
#include "src/model/model_state.h"
#include "src/spec/render.h"
#include "src/spec/write.h"

namespace strata {
namespace {

namespace fs = std::filesystem;

struct TrainOptions {
  ModelChoice model;
  DataChoice data;
  std::int64_t epochs = 0;
  double validation_split = -1;
  bool no_shuffle = false, dry_run = false;
  std::optional<std::int64_t> seed;
  std::string run_dir, out, resume;
};

// The options as what they set in the spec, so that the run's own spec says them too.
std::vector<std::string> overrides(const TrainOptions& o) {
  std::vector<std::string> set;
  if (o.epochs > 0) set.push_back(fmt::format("fit.epochs={}", o.epochs));
  if (o.data.batch_size > 0) set.push_back(fmt::format("fit.batch_size={}", o.data.batch_size));
  if (o.validation_split >= 0) set.push_back(fmt::format("fit.validation_split={}", o.validation_split));
  if (o.no_shuffle) set.push_back("fit.shuffle=false");
  if (o.seed) set.push_back(fmt::format("run.seed={}", *o.seed));
  return set;
}

Node columns_node(const std::vector<ArraySource>& sources) {
  if (sources.size() == 1 && sources[0].name.empty()) return Node::string(fs::absolute(sources[0].file).string());
  Node map = Node::mapping();
  for (const ArraySource& s : sources) map.set(s.name, Node::string(fs::absolute(s.file).string()));
  return map;
}

// --x and --y take the place of what the spec says about training rows.
void set_data(Node& tree, const RowSource& source) {
  Node train = Node::mapping();
  if (!source.x.empty()) train.set("x", columns_node(source.x));
  if (!source.y.empty()) train.set("y", columns_node(source.y));
  Node data = Node::mapping();
  data.set("train", std::move(train));
  tree.set("data", std::move(data));
}

struct TrainingRows {
  Dataset train;
  std::optional<Dataset> validation;
  std::vector<std::string> classes;
};

TrainingRows training_rows(const Spec& spec, const Model& model, FitArguments& fit, const std::string& name) {
  if (!spec.data || !spec.data->train)
    throw Error(ErrorKind::spec, fmt::format("{}: there are no rows to train on: the spec has no data.train", name), "name the rows: --x FILE --y FILE");
  Rows train = fitting_rows(model, row_source(spec, *spec.data->train));
  TrainingRows rows{std::move(train.data), {}, std::move(train.classes)};
  if (spec.data->validation) {
    rows.validation = fitting_rows(model, row_source(spec, *spec.data->validation), rows.classes).data;
  } else if (spec.data->stratify && fit.validation_split > 0) {
    auto [first, second] = split_rows(rows.train, fit.validation_split, true);
    rows.train = std::move(first);
    rows.validation = std::move(second);
    fit.validation_split = 0;
  }
  return rows;
}

Node node_of(const History& history) {
  Node map = Node::mapping();
  for (const auto& [name, values] : history.history) {
    Node list = Node::sequence();
    for (const double v : values) list.append(Node::number(v));
    map.set(name, list);
  }
  return map;
}

// Freezes, thaws and compiles as the stage says. Without a compile: of its own it keeps the optimizer's settings.
void enter_stage(const FitSpec& stage, Model& model, const std::string& name) {
  set_trainable(model, stage.trainable);
  if (stage.compile) model.compile(compile_arguments(*stage.compile));
  else if (!stage.trainable.empty() && model.state().compiled) model.compile(CompileArguments(*model.state().compiled));
  if (!model.state().compiled)
    throw Error(ErrorKind::spec, fmt::format("{}: the model is not compiled: it has no optimizer and no loss", name),
                "give them: compile: {optimizer: adam, loss: mse} in the spec, or --set compile.optimizer=adam --set compile.loss=mse");
}

// The step is traced and planned for the rows; what does not fit together is said at its line of the spec.
std::unique_ptr<Fit> prepare(const LoadedModel& loaded, const FitSpec& stage, Dataset rows, FitArguments arguments) {
  const Spec& spec = loaded.spec;
  const CompileSpec* compile = stage.compile ? &*stage.compile : spec.compile ? &*spec.compile : nullptr;
  Diagnostics diagnostics;
  try {
    auto fit = std::make_unique<Fit>(loaded.model, std::move(rows), std::move(arguments));
    check_monitors(spec, fit->reported(), diagnostics);
    diagnostics.throw_if_errors();
    return fit;
  } catch (const SpecError&) {
    throw;
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::data) throw Error(e.kind(), fmt::format("{}: {}", files_of(row_source(spec, *spec.data->train), e.what()), e.what()), e.hint());
    if (e.kind() != ErrorKind::spec || !compile) throw;
    report(diagnostics, place_of(*compile, e.what()), e.what(), e.hint());
    diagnostics.throw_if_errors();
    throw;
  }
}

void write_beginnings(const RunDirectory& directory, const Spec& spec, const std::vector<std::string>& class_names) {
  directory.write("spec.yaml", write_yaml(render_spec(spec, true)));
  Node versions = Node::mapping();
  versions.set("strata", Node::string(STRATA_VERSION));
  versions.set("device", Node::string(open_backend(run_options(spec.run))->description()));
  directory.write("versions.json", write_json(versions) + "\n");
  directory.write_classes(class_names);
}

// What may change when a run goes on: nothing that changes which numbers come out, but for the backend.
void check_resume_overrides(const CommonOptions& common) {
  std::string refused;
  for (const std::string& text : common.set) {
    const std::string path = text.substr(0, text.find('='));
    const bool callback = path.starts_with("callbacks.") && (path.ends_with(".patience") || path.ends_with(".verbose"));
    if (path == "fit.epochs" || path == "fit.verbose" || path == "run.threads" || path == "run.backend" || callback) {
      if (path == "run.backend") say(common, "the backend changes: bits will differ from an uninterrupted run");
      continue;
    }
    refused += (refused.empty() ? "" : ", ") + path;
  }
  if (!common.backend.empty()) say(common, "the backend may change: bits will differ from an uninterrupted run where it does");
  if (!refused.empty())
    throw Error(ErrorKind::spec, fmt::format("a resumed run cannot change {}", refused),
                "fit.epochs, run.threads, run.backend, a callback's patience and verbosity may change; for the rest start anew: --weights DIR");
}

int train(TrainOptions o, const CommonOptions& common) {
  ignore_closed_pipes();
  std::optional<RunDirectory> directory;
  const bool resume = !o.resume.empty();
  if (resume) {
    if (!o.model.model.empty() || !o.model.weights.empty() || !o.run_dir.empty() || !o.data.x.empty() || !o.data.y.empty())
      throw Error(ErrorKind::spec, "--resume takes no MODEL, --weights, --x, --y or --run-dir: the run knows them", "use --weights DIR to start anew from it");
    check_resume_overrides(common);
    directory.emplace(RunDirectory::open(o.resume));
    directory->lock();
    o.model.model = directory->file("spec.yaml");
  }
  if (o.model.model.empty()) throw Error(ErrorKind::spec, "MODEL is missing", "a spec, a Keras file or a run directory; or --resume DIR");
  const bool from_run = !resume && RunDirectory::is_one(o.model.model);

  LoadedModel loaded = load_model(o.model, common, Weights::last, overrides(o));
  loaded.model.state().choices->warn = [&common](const std::string& line) { say(common, "warning: " + line); };
  if (!o.data.x.empty() || !o.data.y.empty()) {
    set_data(loaded.tree, row_source(o.data, loaded.model));
    Diagnostics diagnostics;
    loaded.spec.data = check_spec(loaded.tree, diagnostics).data;
    diagnostics.throw_if_errors();
  }
  Spec& spec = loaded.spec;
  std::vector<FitSpec> stages = spec.fit;
  if (stages.empty()) stages.emplace_back();
  const auto checkpoints = [&](std::size_t stage) {
    return stages.size() == 1 ? directory->checkpoints() : fmt::format("{}/stage-{}", directory->checkpoints(), stage + 1);
  };
  std::size_t first = 0;  // the stage that a resume goes on in
  if (resume)
    for (std::size_t i = 0; i < stages.size(); ++i)
      if (!checkpoints_in(checkpoints(i)).empty()) first = i;

  if (!o.out.empty()) check_model_ending(o.out);
  if (o.dry_run && !o.run_dir.empty()) RunDirectory::check_new(o.run_dir);

  History history;
  std::int64_t epochs_to_run = 0, steps_to_run = 0;  // of a dry run
  std::int64_t steps = 0;
  double seconds = 0;
  int code = 0;
  for (std::size_t i = 0; i < stages.size() && code == 0; ++i) {
    enter_stage(stages[i], loaded.model, loaded.name);
    if (i < first) {
      const auto done = newest_position(checkpoints(i));
      if (!done) throw Error(ErrorKind::data, fmt::format("{}: has no good checkpoint: what stage {} reported is lost", checkpoints(i), i + 1));
      history = joined(history, done->history);
      steps += done->step;
      seconds += done->seconds;
      continue;
    }
    FitArguments arguments = fit_arguments(stages[i], spec.callbacks);
    if (common.quiet) arguments.verbose = 0;
    TrainingRows rows = training_rows(spec, loaded.model, arguments, loaded.name);
    if (rows.validation) arguments.validation_data = std::move(rows.validation);
    const bool goes_on = resume && !checkpoints_in(checkpoints(i)).empty();
    if (goes_on) restore_learned(checkpoints(i), loaded.model);
    if (goes_on || from_run || i > 0) loaded.model.state().mark_adapted();  // statistics come with the weights
    const std::unique_ptr<Fit> prepared = prepare(loaded, stages[i], std::move(rows.train), std::move(arguments));
    Fit& fit = *prepared;
    if (o.dry_run) {
      const auto count = [](std::int64_t n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); };
      say(common, fmt::format("{}: {} of {} would run", loaded.name, count(fit.epochs(), "epoch"), count(fit.steps_per_epoch(), "step")));
      epochs_to_run += fit.epochs();
      steps_to_run += fit.epochs() * fit.steps_per_epoch();
      continue;
    }
    if (!directory) {
      const std::string name = !spec.name.empty() ? spec.name : fs::path(from_run ? fs::path(o.model.model).parent_path() : fs::path(o.model.model)).stem().string();
      directory.emplace(RunDirectory::create(!o.run_dir.empty() ? o.run_dir : spec.run.dir.value_or(""), name));
      directory->lock();
    }
    if (i == first) write_beginnings(*directory, spec, rows.classes);
    TrainingRun run(fit, *directory, checkpoints(i), history, common);
    code = run.run(goes_on);
    history = run.history();
    steps += fit.position().step;
    seconds += fit.position().seconds;
  }
  if (o.dry_run) {
    Node out = Node::mapping();
    out.set("run_dir", Node::null());
    out.set("epochs", Node::integer(epochs_to_run));
    out.set("steps", Node::integer(steps_to_run));
    if (common.json) print_json(out);
    return 0;
  }
  if (code == 0) {
    loaded.model.save(directory->file("model.keras"));
    if (!o.out.empty()) {
      const fs::path parent = fs::path(o.out).parent_path();
      if (!parent.empty()) fs::create_directories(parent);
      loaded.model.save(o.out);
    }
  }

  if (common.json) {
    Node out = Node::mapping();
    out.set("run_dir", Node::string(directory->path().string()));
    out.set("epochs", Node::integer(static_cast<std::int64_t>(history.epoch.size())));
    out.set("steps", Node::integer(steps));
    out.set("seconds", Node::number(seconds));
    out.set("history", node_of(history));
    print_json(out);
  } else if (code == 0) {
    std::printf("%s\n", directory->path().c_str());
  }
  return code;
}

}  // namespace

void add_train(Verbs& verbs) {
  const auto o = std::make_shared<TrainOptions>();
  CLI::App& verb = verbs.add("train", "Trains a model and writes a run directory.", [&verbs, o] { return train(*o, verbs.common); });
  add_model_options(verb, o->model);
  verb.get_option("MODEL")->required(false);
  add_data_options(verb, o->data, true);
  verb.add_option("--epochs", o->epochs, "Passes over the rows.")->check(integer_from(1));
  verb.add_option("--validation-split", o->validation_split, "Last fraction of the rows, kept for validation.")->check(CLI::Range(0.0, 1.0));
  verb.add_flag("--no-shuffle", o->no_shuffle, "Rows in the order of the file.");
  verb.add_option("--seed", o->seed, "Seed of weights, shuffling and dropout.")->check(integer_from(0));
  verb.add_option("--run-dir", o->run_dir, "The run directory; it must not exist. Default: runs/NAME/NUMBER.");
  verb.add_option("--out", o->out, "Also writes the final model here: .keras or .weights.h5.");
  verb.add_option("--resume", o->resume, "Goes on with the run in this directory.");
  verb.add_flag("--dry-run", o->dry_run, "Everything but training.");
}

}  // namespace strata
