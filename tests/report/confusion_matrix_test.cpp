#include "src/report/confusion_matrix.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/well_formed.h"

namespace strata {

using testing::HasSubstr;
using testing::Not;

TEST(ConfusionMatrix, ScoresFollowFromItsSums) {
  ConfusionMatrix m({"a", "b", "c"});
  m.at(0, 0) = 6, m.at(0, 1) = 2, m.at(1, 1) = 4;
  const auto scores = class_scores(m);
  EXPECT_EQ(m.rows_of(0), 8);
  EXPECT_EQ(m.predictions_of(1), 6);
  EXPECT_DOUBLE_EQ(scores[0].precision(), 1);
  EXPECT_DOUBLE_EQ(scores[0].recall(), 0.75);
  EXPECT_DOUBLE_EQ(scores[1].precision(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(scores[1].f1(), 0.8);
  EXPECT_TRUE(std::isnan(scores[2].recall()));
}

TEST(ConfusionMatrix, TheMostFrequentConfusionsComeFirst) {
  ConfusionMatrix m({"a", "b", "c"});
  m.at(0, 1) = 2, m.at(2, 0) = 5, m.at(1, 1) = 9;
  const auto worst = worst_confusions(m, 10);
  ASSERT_EQ(worst.size(), 2u);
  EXPECT_EQ(worst[0].truth, 2u);
  EXPECT_EQ(worst[0].count, 5);
  EXPECT_EQ(worst_confusions(m, 1).size(), 1u);
}

TEST(ConfusionMatrix, TheDrawingHoldsEveryCellAndEscapesNames) {
  for (const std::size_t n : {1, 2, 10, 20, 40}) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < n; ++i) names.push_back("<script>class " + std::to_string(i) + "</script>");
    ConfusionMatrix m(names);
    for (std::size_t i = 0; i < n; ++i) m.at(i, i) = 1000000;
    const Drawing d = draw(m);
    EXPECT_EQ(what_is_malformed(d.inside), "") << n;
    EXPECT_EQ(count_of(d.inside, "class=\"cell\""), n * n);
    EXPECT_EQ(count_of(d.inside, "class=\"right\""), n);
    EXPECT_THAT(d.inside, Not(HasSubstr("<script")));
  }
}

}  // namespace strata
