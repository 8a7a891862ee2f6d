#include "src/report/learning_curves.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "src/report/style.h"

namespace strata {
namespace {

constexpr std::string_view validation = "val_";

const LoggedMetric* find(const LoggedRun& run, const std::string& name) {
  for (const LoggedMetric& m : run.metrics)
    if (m.name == name) return &m;
  return nullptr;
}

bool spans_decades(const std::vector<Curve>& curves) {
  double low = INFINITY, high = 0;
  for (const Curve& c : curves)
    for (const CurvePoint& p : c.points)
      if (std::isfinite(p.y)) low = std::min(low, p.y), high = std::max(high, p.y);
  return low > 0 && high > 50 * low;
}

Curve curve_of_run(const LoggedRun& run, std::size_t number) {
  return {run.label, {}, static_cast<int>(number % curve_colours), static_cast<int>(number / curve_colours % 4), false};
}

LineChart chart_of(const std::vector<LoggedRun>& runs, const std::string& metric, Scale scale) {
  LineChart chart{metric, "epoch", {}, false, runs.size() == 1};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const LoggedMetric* training = find(runs[i], metric);
    const LoggedMetric* held_out = find(runs[i], std::string(validation) + metric);
    if (runs.size() == 1) {
      if (training) chart.curves.push_back({"training", training->points, 0, 0, false});
      if (held_out) chart.curves.push_back({"validation", held_out->points, 1, 0, false});
      continue;
    }
    Curve curve = curve_of_run(runs[i], i);
    if (training) {
      curve.points = training->points;
      curve.dashed = true;
      curve.label = runs[i].label + ", training";
      chart.curves.push_back(curve);
    }
    if (held_out) {
      curve.points = held_out->points;
      curve.dashed = false;
      curve.label = runs[i].label + ", validation";
      chart.curves.push_back(curve);
    }
  }
  const bool is_loss = metric == "loss" || metric.ends_with("_loss");
  chart.logarithmic = scale == Scale::logarithmic || (scale == Scale::automatic && is_loss && spans_decades(chart.curves));
  if (chart_area(chart).y.logarithmic) chart.title += " (logarithmic)";
  return chart;
}

// Names beside their signs, in as many lines as they need.
struct Legend {
  std::string inside;
  double height = 0;
};
Legend legend_of(const std::vector<LoggedRun>& runs, const std::vector<LineChart>& charts, double width) {
  std::vector<std::pair<std::string, Curve>> entries;
  for (std::size_t i = 0; i < runs.size(); ++i) entries.emplace_back(runs[i].label, curve_of_run(runs[i], i));
  const auto any = [&](bool dashed) {
    return std::any_of(charts.begin(), charts.end(), [&](const LineChart& chart) {
      return std::any_of(chart.curves.begin(), chart.curves.end(), [&](const Curve& c) { return c.dashed == dashed; });
    });
  };
  const int neutral = curve_colours - 1;
  if (any(true)) entries.push_back({"training", {"", {}, neutral, 0, true}});
  if (any(false)) entries.push_back({"validation", {"", {}, neutral, 0, false}});
  Legend legend;
  double x = 0, y = 12;
  for (const auto& [label, sign] : entries) {
    const std::string text = shortened(label, 60);
    const double needs = 33 + text_width(text, 12);
    if (x > 0 && x + needs > width) x = 0, y += 20;
    legend.inside += fmt::format(R"svg(<g transform="translate({} {})">{}<text x="33" y="4">{}</text></g>)svg", coordinate(x), coordinate(y), legend_sign(sign), escaped(text));
    x += needs + 22;
  }
  legend.height = y + 20;
  return legend;
}

}  // namespace

std::vector<std::string> metric_names(const std::vector<LoggedRun>& runs) {
  std::vector<std::string> names;
  for (const LoggedRun& run : runs)
    for (const LoggedMetric& m : run.metrics) {
      const std::string name = m.name.starts_with(validation) ? m.name.substr(validation.size()) : m.name;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  return names;
}

std::vector<LineChart> learning_curves(const std::vector<LoggedRun>& runs, const std::vector<std::string>& metrics, Scale scale) {
  std::vector<LineChart> charts;
  for (const std::string& metric : metrics) charts.push_back(chart_of(runs, metric, scale));
  return charts;
}

Drawing learning_curve_sheet(const std::vector<LoggedRun>& runs, const std::vector<std::string>& metrics, Scale scale) {
  constexpr double margin = 16, between = 28;
  const std::vector<LineChart> charts = learning_curves(runs, metrics, scale);
  const std::size_t columns = std::min<std::size_t>(2, charts.size()), rows = (charts.size() + 1) / 2;
  const double width = static_cast<double>(columns) * (chart_width + between) - between;
  Legend legend;
  if (runs.size() > 1) legend = legend_of(runs, charts, width);
  Drawing sheet{width + 2 * margin, static_cast<double>(rows) * (chart_height + between) - between + legend.height + 2 * margin, "learning curves", ""};
  sheet.inside = fmt::format(R"svg(<g transform="translate({0} {0})">{1}</g>)svg", coordinate(margin), legend.inside);
  for (std::size_t i = 0; i < charts.size(); ++i)
    sheet.inside += fmt::format("<g transform=\"translate({} {})\">{}</g>\n", coordinate(margin + static_cast<double>(i % 2) * (chart_width + between)),
                                coordinate(margin + legend.height + static_cast<double>(i / 2) * (chart_height + between)), draw(charts[i]).inside);
  return sheet;
}

}  // namespace strata
