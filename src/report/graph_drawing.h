// Boxes with two lines of text and the arrows between them.
#pragma once

#include <string>
#include <vector>

#include "src/report/graph_layout.h"
#include "src/report/markup.h"

namespace strata {

struct DrawnLayer {
  std::string name, detail;  // the two lines
  enum class Role { inner, input, output } role = Role::inner;
  bool has_weights = false;  // a bar at its side
  bool is_model = false;     // a second frame
};

struct LayerDrawing {
  std::string title;
  std::vector<DrawnLayer> layers;
  std::vector<GraphEdge> edges;
};

Drawing draw(const LayerDrawing& graph);

}  // namespace strata
