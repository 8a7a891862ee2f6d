// A layered drawing of a directed acyclic graph, top to bottom (Sugiyama, Tagawa and Toda 1981): ranks by longest path,
// crossings lowered by barycentres, places by least squares under distances.
#pragma once

#include <utility>
#include <vector>

namespace strata {

struct GraphBox {
  double width = 0, height = 0;
};
struct GraphEdge {
  int from = 0, to = 0;  // numbers of boxes; an edge may be there twice
};

struct GraphPoint {
  double x = 0, y = 0;
};
struct GraphLayout {
  double width = 0, height = 0;
  std::vector<GraphPoint> boxes;                // upper left corners
  std::vector<int> rank;                        // of each box, 0 at the top
  // Of each edge, from the lower side of one box to the upper side of the other: straight where the x of two points is the
  // same, else a curve that leaves and arrives vertically. No route passes through a box or leaves the drawing.
  std::vector<std::vector<GraphPoint>> routes;
};

GraphLayout lay_out(const std::vector<GraphBox>& boxes, const std::vector<GraphEdge>& edges);

}  // namespace strata
