#include "src/report/markup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/well_formed.h"

namespace strata {

using testing::HasSubstr;
using testing::Not;

TEST(Markup, TextCannotBecomeMarkup) {
  EXPECT_EQ(escaped("<script>alert('x')</script> & \"y\""), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;");
  EXPECT_EQ(escaped("größe 3×3 文字"), "größe 3×3 文字");
}

TEST(Markup, WhatXmlDoesNotAllowIsReplaced) {
  const std::string replaced = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped(std::string("a\0b\x01\x1b", 5)), "a" + replaced + "b" + replaced + replaced);
  EXPECT_EQ(escaped("a\xff\xc0\xaf"), "a" + replaced + replaced + replaced);           // no UTF-8; an overlong slash
  EXPECT_EQ(escaped("\xED\xA0\x80"), replaced + replaced + replaced);                   // half of a surrogate pair
  EXPECT_EQ(escaped("a\xE2\x80\xAE" "b"), "a" + replaced + "b");                        // turns the direction of the text
  EXPECT_EQ(escaped("cut \xE6\x96"), "cut " + replaced + replaced);
  EXPECT_EQ(escaped("line\nline\t"), "line\nline\t");
}

TEST(Markup, LongTextsAreCutBetweenCharacters) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abcde…");
  EXPECT_EQ(shortened("ééééééé", 4), "ééé…");
  EXPECT_EQ(shortened("", 4), "");
}

TEST(Markup, CoordinatesAreShort) {
  EXPECT_EQ(coordinate(12), "12");
  EXPECT_EQ(coordinate(-0.001), "0");
  EXPECT_EQ(coordinate(12.3456), "12.35");
  EXPECT_EQ(coordinate(-7.5), "-7.5");
}

TEST(Markup, Base64OfEveryLength) {
  const auto of = [](std::string_view text) { return data_uri("a/b", std::as_bytes(std::span(text.data(), text.size()))); };
  EXPECT_EQ(of(""), "data:a/b;base64,");
  EXPECT_EQ(of("f"), "data:a/b;base64,Zg==");
  EXPECT_EQ(of("fo"), "data:a/b;base64,Zm8=");
  EXPECT_EQ(of("foobar"), "data:a/b;base64,Zm9vYmFy");  // RFC 4648, section 10
}

TEST(Markup, AnSvgFileStandsAlone) {
  const std::string file = svg_file({100, 50, "a < b", "<path d=\"M0 0H9\"/>"});
  EXPECT_EQ(what_is_malformed(file), "");
  EXPECT_THAT(file, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(file, HasSubstr("<title>a &lt; b</title>"));
  EXPECT_THAT(svg_element({100, 50, "x", ""}), Not(HasSubstr("<style>")));
}

}  // namespace strata
