#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <strata/error.h>
#include "apps/strata/logged_run.h"
#include "apps/strata/verb.h"
#include "src/io/atomic_file.h"
#include "src/report/markup.h"
#include "src/spec/suggest.h"

namespace strata {
namespace {

namespace fs = std::filesystem;

struct PlotOptions {
  std::vector<std::string> runs, metrics;
  std::string out = "curves.svg", scale = "auto";
};

int plot(const PlotOptions& o, const CommonOptions& common) {
  if (common.json && o.out == "-") throw Error(ErrorKind::spec, "--json and the drawing cannot both go to stdout", "name a file: --out FILE");
  std::vector<LoggedRun> runs;
  for (const std::string& path : o.runs) {
    runs.push_back(logged_run(RunDirectory::open(path), path));
    if (runs.back().metrics.empty()) throw Error(ErrorKind::spec, fmt::format("{}: no epoch of this run has ended yet", path), fmt::format("go on with it: strata train --resume {}", path));
  }
  const std::vector<std::string> known = metric_names(runs);
  for (const std::string& metric : o.metrics)
    if (std::find(known.begin(), known.end(), metric) == known.end()) {
      const std::string meant = did_you_mean(metric, known);
      throw Error(ErrorKind::spec, fmt::format("no run has the metric '{}'", metric), meant.empty() ? fmt::format("there are {}", fmt::join(known, ", ")) : meant);
    }
  const Scale scale = o.scale == "log" ? Scale::logarithmic : o.scale == "linear" ? Scale::linear : Scale::automatic;
  const std::vector<std::string>& metrics = o.metrics.empty() ? known : o.metrics;
  if (scale == Scale::logarithmic)
    for (const LineChart& chart : learning_curves(runs, metrics, scale))
      if (!chart_area(chart).y.logarithmic)
        throw Error(ErrorKind::spec, fmt::format("'{}' has values that are not above 0: they have no place on a logarithmic scale", chart.title), "use --scale linear");
  const std::string svg = svg_file(learning_curve_sheet(runs, metrics, scale));
  if (o.out == "-") {
    std::fwrite(svg.data(), 1, svg.size(), stdout);
    return 0;
  }
  if (const fs::path parent = fs::path(o.out).parent_path(); !parent.empty()) fs::create_directories(parent);
  write_atomically(o.out, as_bytes(svg));
  if (common.json) {
    Node result = Node::mapping();
    result.set("plot", Node::string(o.out));
    print_json(result);
  } else {
    std::printf("%s\n", o.out.c_str());
  }
  return 0;
}

}  // namespace

void add_plot(Verbs& verbs) {
  const auto o = std::make_shared<PlotOptions>();
  CLI::App& verb = verbs.add("plot", "Curves of one training run, or of several laid over each other, as SVG.", [&verbs, o] { return plot(*o, verbs.common); });
  verb.add_option("RUN", o->runs, "Run directories.")->required();
  verb.add_option("--metric", o->metrics, "A metric to draw (again and again); it brings its validation values. Default: all.")->expected(1)->take_all();
  verb.add_option("--out", o->out, "Where to write, or - for stdout. Default: curves.svg.");
  verb.add_option("--scale", o->scale, "auto, linear or log. auto: log for a loss that falls to less than a fiftieth.")->check(CLI::IsMember({"auto", "linear", "log"}));
}

}  // namespace strata
