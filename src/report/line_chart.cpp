#include "src/report/line_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "src/report/spread.h"
#include "src/report/style.h"

namespace strata {
namespace {

constexpr double top_margin = 30, bottom_margin = 34, label_size = 12, tick_size = 11;

std::string colour_class(const Curve& curve) { return fmt::format("c{}", curve.colour % curve_colours); }

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  bool empty() const { return low > high; }
};

std::string marker_shape(int marker, double x, double y) {
  switch (marker) {
    case 1: return fmt::format(R"(<circle class="mark" cx="{}" cy="{}" r="2.6"/>)", coordinate(x), coordinate(y));
    case 2: return fmt::format(R"(<rect class="mark" x="{}" y="{}" width="4.8" height="4.8"/>)", coordinate(x - 2.4), coordinate(y - 2.4));
    case 3: return fmt::format(R"(<path class="mark" d="M{} {}l3 5.2h-6z"/>)", coordinate(x), coordinate(y - 3.2));
    default: return "";
  }
}

// Points that can be drawn on this area.
bool drawable(const ChartArea& area, const CurvePoint& p) { return std::isfinite(p.y) && !(area.y.logarithmic && p.y <= 0); }

std::string line_of(const ChartArea& area, const Curve& curve) {
  std::string path, marks, crosses, spots;
  const std::size_t every = std::max<std::size_t>(1, (curve.points.size() + 11) / 12);
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const CurvePoint& p = curve.points[i];
    const double x = area.at_x(p.x);
    if (!drawable(area, p)) {
      crosses += fmt::format(R"(<path class="cross" d="M{0} {1}l6 6m0 -6l-6 6"><title>{2}</title></path>)", coordinate(x - 3), coordinate(area.top - 3),
                             escaped(fmt::format("{}, {:.0f}: not finite", curve.label, p.x)));
      continue;
    }
    const double y = area.at_y(p.y);
    const bool joined = i > 0 && drawable(area, curve.points[i - 1]);
    const bool goes_on = i + 1 < curve.points.size() && drawable(area, curve.points[i + 1]);
    path += fmt::format("{}{} {}", joined ? "L" : "M", coordinate(x), coordinate(y));
    if (curve.marker && i % every == 0) marks += marker_shape(curve.marker, x, y);
    else if (!joined && !goes_on) marks += marker_shape(1, x, y);  // a line of one point would not be seen
    if (curve.points.size() <= 120)
      spots += fmt::format(R"(<circle class="spot" cx="{}" cy="{}" r="6"><title>{}</title></circle>)", coordinate(x), coordinate(y),
                           escaped(fmt::format("{}, {:.0f}: {}", curve.label, p.x, readable(p.y))));
  }
  return fmt::format(R"(<g class="{}">{}{}{}{}</g>)", colour_class(curve),
                     path.empty() ? "" : fmt::format(R"(<path class="curve{}" d="{}"/>)", curve.dashed ? " dashed" : "", path), marks, crosses, spots);
}

// Names at the ends of the lines, moved apart where lines end close together.
std::string names_at_ends(const ChartArea& area, const std::vector<Curve>& curves) {
  struct Name { const Curve* curve; double y; };
  std::vector<Name> names;
  for (const Curve& curve : curves)
    for (auto p = curve.points.rbegin(); p != curve.points.rend(); ++p)
      if (drawable(area, *p)) {
        names.push_back({&curve, area.at_y(p->y)});
        break;
      }
  std::stable_sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.y < b.y; });
  std::vector<double> wanted;
  for (const Name& n : names) wanted.push_back(n.y);
  constexpr double line = label_size + 2;
  std::vector<double> y = spread(wanted, std::vector<double>(names.size(), 1), std::vector<double>(names.size(), line));
  for (std::size_t i = names.size(); i-- > 0;) y[i] = std::min(y[i], area.top + area.height - line * static_cast<double>(names.size() - 1 - i));
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += fmt::format(R"(<g class="{}"><text class="coloured" x="{}" y="{}">{}</text></g>)", colour_class(*names[i].curve),
                        coordinate(area.left + area.width + 7), coordinate(y[i] + 4), escaped(shortened(names[i].curve->label, 14)));
  return text;
}

}  // namespace

ChartArea chart_area(const LineChart& chart) {
  Range x, y;
  bool positive = true;
  for (const Curve& curve : chart.curves)
    for (const CurvePoint& p : curve.points) {
      x.add(p.x);
      if (!std::isfinite(p.y)) continue;
      y.add(p.y);
      positive = positive && p.y > 0;
    }
  ChartArea area;
  area.x = x.empty() ? counting_axis(0, 1) : counting_axis(x.low, x.high);
  if (y.empty()) area.y = linear_axis(0, 1);
  else if (chart.logarithmic && positive) area.y = logarithmic_axis(y.low, y.high);
  // A range that begins near zero begins at zero.
  else area.y = linear_axis(y.low > 0 && y.low < 0.3 * y.high ? 0 : y.low, y.high);

  double ticks = 0, names = 0;
  for (const std::string& label : area.y.labels) ticks = std::max(ticks, text_width(label, tick_size));
  if (chart.names_at_ends)
    for (const Curve& curve : chart.curves) names = std::max(names, text_width(shortened(curve.label, 14), label_size));
  area.left = std::ceil(ticks) + 10;
  area.top = top_margin;
  area.width = chart_width - area.left - (names > 0 ? std::ceil(names) + 10 : 12);
  area.height = chart_height - top_margin - bottom_margin;
  return area;
}

Drawing draw(const LineChart& chart) {
  const ChartArea area = chart_area(chart);
  const double bottom = area.top + area.height, right = area.left + area.width;
  std::string s = fmt::format(R"(<text class="title" x="0" y="14">{}</text>)", escaped(shortened(chart.title, 44)));
  for (std::size_t i = 0; i < area.y.ticks.size(); ++i) {
    const double y = area.at_y(area.y.ticks[i]);
    s += fmt::format(R"(<path class="grid" d="M{} {}H{}"/><text class="faint small end" x="{}" y="{}">{}</text>)", coordinate(area.left), coordinate(y),
                     coordinate(right), coordinate(area.left - 6), coordinate(y + 4), escaped(area.y.labels[i]));
  }
  s += fmt::format(R"(<path class="axis" d="M{} {}H{}"/>)", coordinate(area.left), coordinate(bottom), coordinate(right));
  for (std::size_t i = 0; i < area.x.ticks.size(); ++i) {
    const double x = area.at_x(area.x.ticks[i]);
    s += fmt::format(R"(<path class="axis" d="M{0} {1}v4"/><text class="faint small middle" x="{0}" y="{2}">{3}</text>)", coordinate(x), coordinate(bottom),
                     coordinate(bottom + 17), escaped(area.x.labels[i]));
  }
  s += fmt::format(R"(<text class="faint small end" x="{}" y="{}">{}</text>)", coordinate(right), coordinate(bottom + 31), escaped(chart.x_title));
  for (const Curve& curve : chart.curves) s += line_of(area, curve);
  if (chart.names_at_ends) s += names_at_ends(area, chart.curves);
  return {chart_width, chart_height, chart.title, s};
}

std::string legend_sign(const Curve& curve) {
  return fmt::format(R"(<g class="{}"><path class="curve{}" d="M0 0H26"/>{}</g>)", colour_class(curve), curve.dashed ? " dashed" : "",
                     marker_shape(curve.marker, 13, 0));
}

}  // namespace strata
