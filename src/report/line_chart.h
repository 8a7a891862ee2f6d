// Curves over a common axis: thin lines, few gridlines, a name at the end of each line.
#pragma once

#include <string>
#include <vector>

#include "src/report/chart_axis.h"
#include "src/report/markup.h"

namespace strata {

struct CurvePoint {
  double x = 0, y = 0;  // y that is not finite: a gap in the line and a cross at the upper edge
};

struct Curve {
  std::string label;
  std::vector<CurvePoint> points;  // by rising x
  int colour = 0;                  // counted round the palette
  int marker = 0;                  // 0 none, 1 circle, 2 square, 3 triangle: further curves of the same colour
  bool dashed = false;
};

struct LineChart {
  std::string title, x_title;
  std::vector<Curve> curves;
  bool logarithmic = false;   // where every value is above 0; else the axis is linear
  bool names_at_ends = true;  // else a legend says which curve is which
};

struct ChartArea {
  ChartAxis x, y;
  double left = 0, top = 0, width = 0, height = 0;  // of the plane of the curves, pixels
  double at_x(double value) const { return left + width * x.position(value); }
  double at_y(double value) const { return top + height * (1 - y.position(value)); }
};

constexpr double chart_width = 400, chart_height = 270;

ChartArea chart_area(const LineChart& chart);
Drawing draw(const LineChart& chart);

// The sign of a curve in a legend: 26 pixels wide, around y = 0.
std::string legend_sign(const Curve& curve);

}  // namespace strata
