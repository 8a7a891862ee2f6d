#include "src/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/well_formed.h"

namespace strata {

using testing::HasSubstr;
using testing::Not;

TEST(Page, EveryTextIsEscaped) {
  const std::string evil = "</pre><script>alert(\"1\")</script>&";
  Page page{evil, evil, evil, {}};
  page.sections.push_back({"Layers", table({{evil, "n"}, {false, true}, {{evil, evil}, {std::string(300, 'x'), "3"}}}) + paragraph(evil) + note(evil) + heading(evil) +
                                         code_block(evil) + scrolling(evil, "") + examples({{"data:image/png;base64,AA==", evil, {evil, evil}}})});
  const std::string text = html(page);
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_EQ(count_of(text, "</pre>"), 1u);
  EXPECT_EQ(what_is_malformed(text, {"meta", "img", "br"}), "");
}

TEST(Page, NothingComesFromElsewhere) {
  const std::string text = html({"run", "", "", {{"Results", "<p>x</p>"}}});
  EXPECT_THAT(text, testing::StartsWith("<!doctype html>"));
  for (const char* outside : {"http:", "https:", "<script", "<link", "@import", "url("}) EXPECT_THAT(text, Not(HasSubstr(outside)));
  EXPECT_THAT(text, HasSubstr("default-src 'none'"));
  EXPECT_THAT(text, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(text, HasSubstr("<a href=\"#results\">"));
  EXPECT_THAT(text, HasSubstr("id=\"results\""));
}

}  // namespace strata
