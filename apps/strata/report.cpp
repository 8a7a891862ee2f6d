#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <strata/error.h>
#include "apps/strata/loaded_model.h"
#include "apps/strata/logged_run.h"
#include "apps/strata/model_view.h"
#include "apps/strata/report_predictions.h"
#include "src/io/atomic_file.h"
#include "src/report/chart_axis.h"
#include "src/report/markup.h"
#include "src/spec/reader.h"

namespace strata {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  ModelChoice model;
  DataChoice data;
  std::string out;
};

// What could not be had, as a part of the page. The command line says it too.
std::string missing(const CommonOptions& common, const std::string& what, const Error& e) {
  say(common, fmt::format("warning: {}: {}", what, shown(e.what())));
  return note(std::string(e.what()) + (e.hint().empty() ? "" : ". " + e.hint()));
}

// --- the run ------------------------------------------------------------------------------------------------------------

// Metrics that are better the larger they are.
bool grows(const std::string& metric) {
  for (const char* word : {"acc", "precision", "recall", "auc", "f1", "r2", "iou", "similarity"})
    if (metric.find(word) != std::string::npos) return true;
  return false;
}

std::string results(const LoggedRun& run, const Logs& evaluated, const std::string& origin) {
  const bool validated = std::any_of(run.metrics.begin(), run.metrics.end(), [](const LoggedMetric& m) { return m.name.starts_with("val_"); });
  PageTable t{{"Metric", "Training"}, {false, true, true, true, true, true}, {}};
  if (validated) t.header.insert(t.header.end(), {"Validation", "Best", "at epoch"});
  if (!evaluated.empty()) t.header.push_back("Evaluated");
  const auto points = [&](const std::string& name) -> const std::vector<CurvePoint>* {
    for (const LoggedMetric& m : run.metrics)
      if (m.name == name && !m.points.empty()) return &m.points;
    return nullptr;
  };
  for (const std::string& metric : metric_names({run})) {
    const auto *training = points(metric), *validation = points("val_" + metric);
    std::vector<std::string> row{metric, training ? readable(training->back().y) : "–"};
    const CurvePoint* best = nullptr;
    if (validation)
      for (const CurvePoint& p : *validation)
        if (std::isfinite(p.y) && (!best || (grows(metric) ? p.y > best->y : p.y < best->y))) best = &p;
    if (validated) row.insert(row.end(), {validation ? readable(validation->back().y) : "–", best ? readable(best->y) : "–", best ? fmt::format("{:.0f}", best->x) : "–"});
    if (!evaluated.empty()) {
      const auto value = find_log(evaluated, metric);
      row.push_back(value ? readable(*value) : "–");
    }
    t.rows.push_back(std::move(row));
  }
  const std::string what = evaluated.empty() ? "" : fmt::format(" Evaluated: the model below on {}.", origin);
  return scrolling("results", table(t)) + paragraph((validated ? "Training and validation: after the last epoch. Best: of validation." : "Training: after the last epoch.") + what);
}

std::string curves(const LoggedRun& run) {
  std::string s = "<div class=\"columns\">\n";
  for (const LineChart& chart : learning_curves({run}, metric_names({run}))) s += svg_element(draw(chart)) + "\n";
  return s + "</div>\n";
}

// --- the model ----------------------------------------------------------------------------------------------------------

std::string graphs(const ModelView& view) {
  std::string s;
  for (std::size_t i = 0; i < view.graphs.size(); ++i) {
    if (i > 0) s += heading("Inside " + view.graphs[i].title);
    s += scrolling("graph of " + view.graphs[i].title, svg_element(draw(view.graphs[i])), true);
  }
  return s;
}

std::string layers(const ModelView& view, const Summary& summary) {
  const std::string kept = summary.non_trainable_params > 0 ? fmt::format(", {} of them not trained", grouped(summary.non_trainable_params)) : "";
  return paragraph(fmt::format("{} parameters{}.", grouped(summary.total_params), kept)) +
         scrolling("layers", table(view.layers));
}

// --- settings -----------------------------------------------------------------------------------------------------------

// The values of a JSON file of the run; a list is counted.
void add_values(PageTable& t, const RunDirectory& run, const std::string& name) {
  if (!fs::exists(run.file(name))) return;
  const Node tree = read_tree(SourceText::read(run.file(name)));
  if (!tree.is_mapping()) return;
  for (std::size_t i = 0; i < tree.size(); ++i)
    t.rows.push_back({tree.key(i).text(), tree[i].is_scalar() ? tree[i].text() : fmt::format("{} in {}", tree[i].size(), name)});
}

std::string environment(const RunDirectory& run) {
  PageTable t{{"", "Of the run"}, {}, {}};
  add_values(t, run, "versions.json");
  add_values(t, run, "choices.json");
  t.rows.push_back({"this report", STRATA_VERSION});
  return scrolling("versions and device", table(t));
}

std::string settings(const RunDirectory& run) {
  const Bytes text = read_file(run.file("spec.yaml"), SourceText::max_bytes);
  return paragraph("The spec as it ran, every default written out (spec.yaml).") + code_block(std::string(as_text(text)));
}

// The model with its best weights; without them where none were saved yet.
LoadedModel load(const ReportOptions& o, const RunDirectory& run, const CommonOptions& common) {
  if (!run.best_model().empty() || !o.model.weights.empty()) return load_model(o.model, common);
  return build_loaded(model_tree(o.model, common), o.model.model, common);
}

int report(const ReportOptions& o, const CommonOptions& common) {
  const RunDirectory run = RunDirectory::open(o.model.model);
  const LoggedRun logged = logged_run(run, "");
  const auto part = [&](const std::string& what, const std::function<std::string()>& make) {
    try {
      return make();
    } catch (const Error& e) {
      return missing(common, what, e);
    }
  };
  std::optional<LoadedModel> loaded;
  const std::string no_model = part("the model", [&] { loaded = load(o, run, common); return std::string(); });
  std::optional<HeldOutRows> held_out;
  PredictionParts predicted;
  const std::string no_predictions = !loaded ? no_model : part("predictions", [&] {
    if (!loaded->has_weights) throw Error(ErrorKind::spec, "the run has saved no model yet", fmt::format("go on with it: strata train --resume {}", o.model.model));
    held_out = held_out_rows(o.data, *loaded, common);
    if (held_out->rows.classes.empty()) held_out->rows.classes = run.read_classes();
    predicted = prediction_parts(*loaded, *held_out, batch_size(o.data, *loaded));
    return std::string();
  });

  double epochs = 0;
  for (const LoggedMetric& m : logged.metrics)
    for (const CurvePoint& p : m.points) epochs = std::max(epochs, p.x);
  Page page;
  page.title = loaded && !loaded->spec.name.empty() ? loaded->spec.name : run.path().filename().string();
  page.subtitle = fmt::format("{} epoch{} in {}", epochs, epochs == 1 ? "" : "s", run.path().string());
  page.end = fmt::format("Written by strata {}: strata report", STRATA_VERSION);
  const bool any = !logged.metrics.empty();
  const std::string no_epochs = note("No epoch of this run has ended yet.");
  page.sections.push_back({"Results", any ? results(logged, predicted.logs, held_out ? held_out->origin : "") : no_epochs});
  page.sections.push_back({"Curves", any ? curves(logged) : no_epochs});
  const std::string whose = held_out && no_predictions.empty()
      ? paragraph(fmt::format("{} {} ({}), predicted by {}.", grouped(held_out->rows.data.rows()), held_out->rows.data.rows() == 1 ? "row" : "rows", held_out->origin,
                              !o.model.weights.empty() ? o.model.weights : fs::path(run.best_model()).filename().string()))
      : "";
  page.sections.push_back({predicted.classifies ? "Confusion matrix" : "Predictions", no_predictions.empty() ? whose + predicted.predictions : no_predictions});
  page.sections.push_back({"Worst-predicted examples", no_predictions.empty() ? predicted.worst : no_predictions});
  std::optional<ModelView> view;
  if (loaded) view = model_view(loaded->model);
  page.sections.push_back({"Model", view ? graphs(*view) : no_model});
  page.sections.push_back({"Layers", view ? layers(*view, loaded->model.summary()) : no_model});
  page.sections.push_back({"Settings", part("settings", [&] { return settings(run); })});
  page.sections.push_back({"Versions and device", part("versions", [&] { return environment(run); })});

  const std::string out = o.out.empty() ? run.file("report.html") : o.out;
  if (const fs::path parent = fs::path(out).parent_path(); !parent.empty()) fs::create_directories(parent);
  write_atomically(out, as_bytes(html(page)));
  if (common.json) {
    Node result = Node::mapping();
    result.set("report", Node::string(out));
    print_json(result);
  } else {
    std::printf("%s\n", out.c_str());
  }
  return 0;
}

}  // namespace

void add_report(Verbs& verbs) {
  const auto o = std::make_shared<ReportOptions>();
  CLI::App& verb = verbs.add("report", "One page about a training run: curves, confusions, worst examples, model, settings.", [&verbs, o] { return report(*o, verbs.common); });
  verb.add_option("RUN", o->model.model, "A run directory.")->required();
  verb.add_option("--weights", o->model.weights, "Weights to predict with: .keras, .weights.h5 or a run directory. Default: the run's best.");
  add_data_options(verb, o->data, true);
  verb.add_option("--out", o->out, "Where to write. Default: report.html in the run directory.");
}

}  // namespace strata
