#include "src/report/learning_curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/well_formed.h"
#include "src/report/style.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

LoggedRun run(const std::string& label, bool validated = true) {
  LoggedRun r{label, {{"loss", {{1, 1}, {2, 0.5}}}, {"accuracy", {{1, 0.4}, {2, 0.9}}}}};
  if (validated) r.metrics.push_back({"val_loss", {{2, 0.6}}}), r.metrics.push_back({"val_accuracy", {{2, 0.8}}});
  return r;
}

TEST(LearningCurves, TrainingAndValidationShareAChart) {
  const std::vector<LoggedRun> one{run("a")};
  EXPECT_THAT(metric_names(one), ElementsAre("loss", "accuracy"));
  const auto charts = learning_curves(one, metric_names(one));
  ASSERT_EQ(charts.size(), 2u);
  ASSERT_EQ(charts[0].curves.size(), 2u);
  EXPECT_EQ(charts[0].curves[0].label, "training");
  EXPECT_EQ(charts[0].curves[1].label, "validation");
  EXPECT_NE(charts[0].curves[0].colour, charts[0].curves[1].colour);
  EXPECT_TRUE(charts[0].names_at_ends);
}

TEST(LearningCurves, SeveralRunsHaveColoursAndALegend) {
  std::vector<LoggedRun> runs{run("a"), run("<i>b</i>", false)};
  const auto charts = learning_curves(runs, {"loss"});
  ASSERT_EQ(charts[0].curves.size(), 3u);
  EXPECT_EQ(charts[0].curves[0].colour, charts[0].curves[1].colour);
  EXPECT_TRUE(charts[0].curves[0].dashed);
  EXPECT_FALSE(charts[0].curves[1].dashed);
  EXPECT_NE(charts[0].curves[0].colour, charts[0].curves[2].colour);
  EXPECT_FALSE(charts[0].names_at_ends);
  const Drawing sheet = learning_curve_sheet(runs, {"loss"});
  EXPECT_EQ(what_is_malformed(svg_file(sheet)), "");
  EXPECT_THAT(sheet.inside, HasSubstr("&lt;i&gt;b&lt;/i&gt;"));
  EXPECT_THAT(sheet.inside, Not(HasSubstr("<i>")));
  EXPECT_GT(sheet.height, learning_curve_sheet({runs[0]}, {"loss"}).height);
  EXPECT_GT(learning_curve_sheet(runs, {"loss", "accuracy"}).width, sheet.width);
}

TEST(LearningCurves, MoreRunsThanColoursDifferByMarkers) {
  std::vector<LoggedRun> runs;
  for (int i = 0; i < 2 * curve_colours; ++i) runs.push_back(run(std::to_string(i), false));
  const auto chart = learning_curves(runs, {"loss"})[0];
  std::set<std::pair<int, int>> looks;
  for (const Curve& c : chart.curves) looks.emplace(c.colour, c.marker);
  EXPECT_EQ(looks.size(), runs.size());
}

TEST(LearningCurves, ALossThatFallsFarIsLogarithmic) {
  LoggedRun r{"a", {{"loss", {{1, 100}, {2, 0.5}}}, {"accuracy", {{1, 0.001}, {2, 0.9}}}}};
  const auto charts = learning_curves({r}, metric_names({r}));
  EXPECT_TRUE(charts[0].logarithmic);
  EXPECT_THAT(charts[0].title, HasSubstr("logarithmic"));
  EXPECT_FALSE(charts[1].logarithmic);
  EXPECT_FALSE(learning_curves({r}, {"loss"}, Scale::linear)[0].logarithmic);
  EXPECT_TRUE(learning_curves({r}, {"accuracy"}, Scale::logarithmic)[0].logarithmic);
}

}  // namespace
}  // namespace strata
