#include "src/report/scatter_chart.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace strata {

Drawing draw_scatter(const std::vector<CurvePoint>& points) {
  constexpr double side = 300, top = 8, below = 40;
  double low = INFINITY, high = -INFINITY;
  for (const CurvePoint& p : points)
    if (std::isfinite(p.x) && std::isfinite(p.y)) {
      low = std::min({low, p.x, p.y});
      high = std::max({high, p.x, p.y});
    }
  const ChartAxis axis = low <= high ? linear_axis(low, high, 6) : linear_axis(0, 1, 6);
  double left = 0;
  for (const std::string& label : axis.labels) left = std::max(left, text_width(label, 11));
  left = std::ceil(left) + 28;
  Drawing d{left + side + 14, top + side + below, "predictions against truth", ""};
  std::string& s = d.inside;
  for (std::size_t i = 0; i < axis.ticks.size(); ++i) {
    const double at = side * axis.position(axis.ticks[i]), x = left + at, y = top + side - at;
    s += fmt::format(R"(<path class="grid" d="M{0} {1}h{2}"/><path class="grid" d="M{3} {4}v{2}"/>)", coordinate(left), coordinate(y), coordinate(side), coordinate(x), coordinate(top));
    s += fmt::format(R"(<text class="faint small end" x="{}" y="{}">{}</text><text class="faint small middle" x="{}" y="{}">{}</text>)", coordinate(left - 6),
                     coordinate(y + 4), escaped(axis.labels[i]), coordinate(x), coordinate(top + side + 16), escaped(axis.labels[i]));
  }
  s += fmt::format(R"(<path class="axis" d="M{} {}L{} {}"/>)", coordinate(left), coordinate(top + side), coordinate(left + side), coordinate(top));
  for (const CurvePoint& p : points)
    if (std::isfinite(p.x) && std::isfinite(p.y))
      s += fmt::format(R"(<circle class="point" cx="{}" cy="{}" r="2.4"/>)", coordinate(left + side * axis.position(p.x)), coordinate(top + side * (1 - axis.position(p.y))));
  s += fmt::format(R"svg(<text class="faint small end" x="{}" y="{}">truth</text><text class="faint small end" transform="translate(11 {}) rotate(-90)">prediction</text>)svg",
                   coordinate(left + side), coordinate(top + side + 33), coordinate(top));
  return d;
}

}  // namespace strata
