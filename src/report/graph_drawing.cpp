#include "src/report/graph_drawing.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace strata {
namespace {

constexpr double box_height = 42, name_size = 13, detail_size = 11.5;
constexpr std::size_t longest_name = 36, longest_detail = 52;

std::string path_of(const std::vector<GraphPoint>& route) {
  std::string d = fmt::format("M{} {}", coordinate(route[0].x), coordinate(route[0].y));
  for (std::size_t i = 1; i < route.size(); ++i) {
    const GraphPoint &a = route[i - 1], &b = route[i];
    if (a.x == b.x && a.y == b.y) continue;
    if (std::abs(a.x - b.x) < 0.01) {
      d += fmt::format("V{}", coordinate(b.y));
      continue;
    }
    const double middle = (a.y + b.y) / 2;
    d += fmt::format("C{0} {1} {2} {1} {2} {3}", coordinate(a.x), coordinate(middle), coordinate(b.x), coordinate(b.y));
  }
  return d;
}

std::string box_of(const DrawnLayer& layer, GraphPoint at, double width) {
  const auto role = layer.role == DrawnLayer::Role::input ? " entry" : layer.role == DrawnLayer::Role::output ? " exit" : "";
  std::string s = fmt::format(R"svg(<g transform="translate({} {})"><title>{}</title><rect class="box{}" width="{}" height="{}" rx="4"/>)svg", coordinate(at.x),
                              coordinate(at.y), escaped(layer.name + "\n" + layer.detail), role, coordinate(width), coordinate(box_height));
  if (layer.is_model)
    s += fmt::format(R"(<rect class="box" x="3" y="3" width="{}" height="{}" rx="2.5" fill-opacity="0"/>)", coordinate(width - 6), coordinate(box_height - 6));
  if (layer.has_weights && !layer.is_model) s += fmt::format(R"(<rect class="weighty" x="0" y="7" width="3" height="{}" rx="1.5"/>)", coordinate(box_height - 14));
  s += fmt::format(R"(<text class="title middle" x="{0}" y="18">{1}</text><text class="faint small middle" x="{0}" y="33">{2}</text></g>)", coordinate(width / 2),
                   escaped(shortened(layer.name, longest_name)), escaped(shortened(layer.detail, longest_detail)));
  return s;
}

}  // namespace

Drawing draw(const LayerDrawing& graph) {
  std::vector<GraphBox> boxes;
  for (const DrawnLayer& layer : graph.layers)
    boxes.push_back({std::max({90.0, std::ceil(text_width(shortened(layer.name, longest_name), name_size) * 1.06), std::ceil(text_width(shortened(layer.detail, longest_detail), detail_size))}) + 24, box_height});
  const GraphLayout layout = lay_out(boxes, graph.edges);
  std::string s;
  for (const auto& route : layout.routes) {
    const GraphPoint end = route.back();
    auto line = route;
    line.back().y -= 5;  // the arrow's own length
    line[line.size() - 2].y = std::min(line[line.size() - 2].y, line.back().y);
    s += fmt::format("<path class=\"edge\" d=\"{}\"/><path class=\"arrow\" d=\"M{} {}l-3.4 -6.5h6.8z\"/>\n", path_of(line), coordinate(end.x), coordinate(end.y));
  }
  for (std::size_t i = 0; i < graph.layers.size(); ++i) s += box_of(graph.layers[i], layout.boxes[i], boxes[i].width) + "\n";
  return {layout.width, layout.height, graph.title, s};
}

}  // namespace strata
