// Predicted values against true ones; on the diagonal they are equal.
#pragma once

#include <vector>

#include "src/report/line_chart.h"

namespace strata {

// Points (truth, prediction); those that are not finite are left out.
Drawing draw_scatter(const std::vector<CurvePoint>& points);

}  // namespace strata
