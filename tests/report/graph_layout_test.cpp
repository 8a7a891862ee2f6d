#include "src/report/graph_layout.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/well_formed.h"
#include "src/report/graph_drawing.h"
#include "src/report/spread.h"

namespace strata {
namespace {

using Edges = std::vector<GraphEdge>;

// A point of a route between two of its points: straight down, or a curve that leaves and arrives vertically.
GraphPoint between(GraphPoint a, GraphPoint b, double t) {
  const double middle = (a.y + b.y) / 2, u = 1 - t;
  const auto bezier = [&](double p0, double p1, double p2, double p3) { return u * u * u * p0 + 3 * u * u * t * p1 + 3 * u * t * t * p2 + t * t * t * p3; };
  return {bezier(a.x, a.x, b.x, b.x), bezier(a.y, middle, middle, b.y)};
}

void expect_readable(const std::vector<GraphBox>& boxes, const Edges& edges) {
  const GraphLayout l = lay_out(boxes, edges);
  ASSERT_EQ(l.boxes.size(), boxes.size());
  ASSERT_EQ(l.routes.size(), edges.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    EXPECT_GE(l.boxes[i].x, 0);
    EXPECT_GE(l.boxes[i].y, 0);
    EXPECT_LE(l.boxes[i].x + boxes[i].width, l.width);
    EXPECT_LE(l.boxes[i].y + boxes[i].height, l.height);
    for (std::size_t k = i + 1; k < boxes.size(); ++k) {
      const bool apart = l.boxes[i].x + boxes[i].width + 8 <= l.boxes[k].x || l.boxes[k].x + boxes[k].width + 8 <= l.boxes[i].x ||
                         l.boxes[i].y + boxes[i].height + 8 <= l.boxes[k].y || l.boxes[k].y + boxes[k].height + 8 <= l.boxes[i].y;
      EXPECT_TRUE(apart) << "boxes " << i << " and " << k;
    }
  }
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const auto& route = l.routes[e];
    const auto from = static_cast<std::size_t>(edges[e].from), to = static_cast<std::size_t>(edges[e].to);
    EXPECT_LT(l.rank[from], l.rank[to]);
    EXPECT_DOUBLE_EQ(route.front().y, l.boxes[from].y + boxes[from].height);
    EXPECT_DOUBLE_EQ(route.back().y, l.boxes[to].y);
    EXPECT_GT(route.back().x, l.boxes[to].x);
    EXPECT_LT(route.back().x, l.boxes[to].x + boxes[to].width);
    for (std::size_t i = 1; i < route.size(); ++i) {
      EXPECT_LE(route[i - 1].y, route[i].y);
      for (double t = 0; t <= 1; t += 0.05) {
        const GraphPoint p = between(route[i - 1], route[i], t);
        EXPECT_GE(p.x, 0);
        EXPECT_LE(p.x, l.width);
        for (std::size_t b = 0; b < boxes.size(); ++b)
          EXPECT_FALSE(p.x > l.boxes[b].x && p.x < l.boxes[b].x + boxes[b].width && p.y > l.boxes[b].y + 1e-6 && p.y < l.boxes[b].y + boxes[b].height - 1e-6)
              << "edge " << e << " passes through box " << b;
      }
    }
  }
}

std::vector<GraphBox> boxes(std::size_t n) {
  std::vector<GraphBox> list;
  for (std::size_t i = 0; i < n; ++i) list.push_back({90 + 37.0 * static_cast<double>((i * 5) % 7), 42});
  return list;
}

double middle(const GraphLayout& l, const std::vector<GraphBox>& b, std::size_t i) { return l.boxes[i].x + b[i].width / 2; }

TEST(GraphLayout, AStackIsOneStraightLine) {
  const auto b = boxes(8);
  Edges edges;
  for (int i = 0; i < 7; ++i) edges.push_back({i, i + 1});
  expect_readable(b, edges);
  const GraphLayout l = lay_out(b, edges);
  for (std::size_t i = 1; i < b.size(); ++i) {
    EXPECT_NEAR(middle(l, b, i), middle(l, b, 0), 1e-6);
    EXPECT_GT(l.boxes[i].y, l.boxes[i - 1].y + 42);
  }
}

TEST(GraphLayout, ResidualBlocks) {
  Edges edges;
  int last = 0, n = 1;
  for (int block = 0; block < 5; ++block) {  // last -> a -> b -> sum, last -> sum
    edges.insert(edges.end(), {{last, n}, {n, n + 1}, {n + 1, n + 2}, {last, n + 2}});
    last = n + 2;
    n += 3;
  }
  const auto b = boxes(static_cast<std::size_t>(n));
  expect_readable(b, edges);
  const GraphLayout l = lay_out(b, edges);
  EXPECT_NEAR(middle(l, b, 1), middle(l, b, 2), 1e-6);  // what follows without a branch stands straight
  const auto& skip = l.routes[3];
  for (std::size_t i = 3; i + 2 < skip.size(); ++i) EXPECT_NEAR(skip[i].x, skip[2].x, 1e-6);
}

TEST(GraphLayout, TwoInputsAndTwoOutputs) {
  // 0, 1 inputs; 0 -> 2 -> 3 -> 4, 1 -> 4; 4 -> 5 -> 6, 4 -> 7
  const Edges edges{{0, 2}, {2, 3}, {3, 4}, {1, 4}, {4, 5}, {5, 6}, {4, 7}};
  expect_readable(boxes(8), edges);
  const GraphLayout l = lay_out(boxes(8), edges);
  EXPECT_EQ(l.rank[1], l.rank[4] - 1);  // an input stands right above what it feeds
}

TEST(GraphLayout, CrossingsAreAvoided) {
  // Two towers whose boxes are given in turn the other way round.
  const Edges edges{{0, 3}, {1, 2}, {2, 5}, {3, 4}};
  const GraphLayout l = lay_out(boxes(6), edges);
  expect_readable(boxes(6), edges);
  EXPECT_EQ(l.boxes[0].x < l.boxes[1].x, l.boxes[3].x < l.boxes[2].x);
  EXPECT_EQ(l.boxes[3].x < l.boxes[2].x, l.boxes[4].x < l.boxes[5].x);
}

TEST(GraphLayout, TheSameEdgeTwiceArrivesAtTwoPlaces) {
  const Edges edges{{0, 1}, {0, 1}};
  expect_readable(boxes(2), edges);
  const GraphLayout l = lay_out(boxes(2), edges);
  EXPECT_GT(std::abs(l.routes[0].back().x - l.routes[1].back().x), 5);
}

TEST(GraphLayout, DenseGraphsStayReadable) {
  for (std::size_t n : {1u, 2u, 5u, 12u, 20u}) {  // every box feeds some of the later ones
    Edges edges;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = i + 1; k < n; ++k)
        if (k == i + 1 || (i * 31 + k * 17) % 5 == 0) edges.push_back({static_cast<int>(i), static_cast<int>(k)});
    expect_readable(boxes(n), edges);
  }
  EXPECT_EQ(lay_out({}, {}).boxes.size(), 0u);
}

TEST(GraphLayout, SpreadKeepsDistancesAndStaysNear) {
  const auto x = spread({0, 1, 10}, {1, 1, 1}, {4, 4});
  EXPECT_DOUBLE_EQ(x[0], -1.5);
  EXPECT_DOUBLE_EQ(x[1], 2.5);
  EXPECT_DOUBLE_EQ(x[2], 10);
  const auto heavy = spread({0, 0}, {3, 1}, {4});
  EXPECT_DOUBLE_EQ(heavy[0], -1);
  EXPECT_DOUBLE_EQ(heavy[1], 3);
}

TEST(GraphDrawing, NamesAreText) {
  LayerDrawing graph{"<svg onload=\"x\">", {{"<script>alert(1)</script>", "Dense & (None, 8)", DrawnLayer::Role::input, true, false}, {"b", "c", DrawnLayer::Role::output, true, true}}, {{0, 1}}};
  const Drawing d = draw(graph);
  EXPECT_EQ(what_is_malformed(svg_element(d)), "");
  EXPECT_EQ(count_of(svg_element(d), "<script"), 0u);
  EXPECT_EQ(count_of(svg_element(d), "<svg"), 1u);
  EXPECT_EQ(count_of(d.inside, "class=\"edge\""), 1u);
}

}  // namespace
}  // namespace strata
