#include "src/report/line_chart.h"

#include <cmath>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/well_formed.h"

namespace strata {
namespace {

using testing::HasSubstr;
using testing::Not;

Curve curve(const std::string& label, const std::vector<double>& values, int colour = 0) {
  Curve c{label, {}, colour, 0, false};
  for (std::size_t i = 0; i < values.size(); ++i) c.points.push_back({static_cast<double>(i + 1), values[i]});
  return c;
}

LineChart chart(std::vector<Curve> curves) { return {"loss", "epoch", std::move(curves), false, true}; }

TEST(LineChart, EveryPointLiesInItsPlane) {
  const LineChart c = chart({curve("training", {2, 1.2, 0.7, 0.35}), curve("validation", {1.9, 1.3, 1.0, 1.1}, 1)});
  const ChartArea area = chart_area(c);
  EXPECT_GT(area.left, 0);
  EXPECT_LT(area.left + area.width, chart_width);
  EXPECT_LT(area.top + area.height, chart_height);
  for (const Curve& line : c.curves)
    for (const CurvePoint& p : line.points) {
      EXPECT_GE(area.at_x(p.x), area.left);
      EXPECT_LE(area.at_x(p.x), area.left + area.width);
      EXPECT_GE(area.at_y(p.y), area.top);
      EXPECT_LE(area.at_y(p.y), area.top + area.height);
    }
  EXPECT_EQ(area.at_x(1), area.left);
  EXPECT_GT(area.at_y(0.35), area.at_y(2));
  const std::string svg = draw(c).inside;
  EXPECT_EQ(what_is_malformed(svg), "");
  EXPECT_EQ(count_of(svg, "class=\"curve\""), 2u);
  EXPECT_THAT(svg, HasSubstr(">validation</text>"));
}

TEST(LineChart, NotANumberIsAGapWithACross) {
  const std::string svg = draw(chart({curve("training", {1, 0.5, NAN, 0.4, 0.3, INFINITY})})).inside;
  std::smatch path;
  ASSERT_TRUE(std::regex_search(svg, path, std::regex("class=\"curve\" d=\"([^\"]*)\"")));
  EXPECT_EQ(count_of(path[1], "M"), 2u);
  EXPECT_EQ(count_of(path[1], "L"), 2u);
  EXPECT_EQ(count_of(svg, "class=\"cross\""), 2u);
  EXPECT_THAT(svg, HasSubstr("training, 3: not finite"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(LineChart, NothingButNotANumberIsStillAChart) {
  const std::string svg = draw(chart({curve("training", {NAN, NAN})})).inside;
  EXPECT_EQ(what_is_malformed(svg), "");
  EXPECT_EQ(count_of(svg, "class=\"cross\""), 2u);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_EQ(what_is_malformed(draw(chart({})).inside), "");
}

TEST(LineChart, OneEpochIsADot) {
  const std::string svg = draw(chart({curve("training", {0.7})})).inside;
  EXPECT_EQ(count_of(svg, "class=\"mark\""), 1u);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(LineChart, ALogarithmicAxisNeedsPositiveValues) {
  LineChart c = chart({curve("training", {100, 1, 0.01})});
  c.logarithmic = true;
  EXPECT_TRUE(chart_area(c).y.logarithmic);
  EXPECT_NEAR(chart_area(c).at_y(1), chart_area(c).top + chart_area(c).height / 2, 1e-9);
  c.curves[0].points[1].y = 0;
  EXPECT_FALSE(chart_area(c).y.logarithmic);
}

TEST(LineChart, NamesAtTheEndsDoNotLieOnEachOther) {
  std::vector<Curve> curves;
  for (int i = 0; i < 6; ++i) curves.push_back(curve("name " + std::to_string(i), {1, 0.5 + 0.001 * i}, i));
  const std::string svg = draw(chart(curves)).inside;
  std::vector<double> y;
  const std::regex label("class=\"coloured\" x=\"[^\"]*\" y=\"([^\"]*)\"");
  for (std::sregex_iterator i(svg.begin(), svg.end(), label), end; i != end; ++i) y.push_back(std::stod((*i)[1]));
  ASSERT_EQ(y.size(), 6u);
  std::sort(y.begin(), y.end());
  for (std::size_t i = 1; i < y.size(); ++i) EXPECT_GE(y[i] - y[i - 1], 12);
  EXPECT_LE(y.back(), chart_height);
}

TEST(LineChart, NamesAreText) {
  LineChart c = chart({curve("<script>x</script>", {1, 2})});
  c.title = "<b>&\"";
  const std::string svg = draw(c).inside;
  EXPECT_EQ(what_is_malformed(svg), "");
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&amp;&quot;"));
}

}  // namespace
}  // namespace strata
