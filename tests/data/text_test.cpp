#include <strata/text.h>

#include <gmock/gmock.h>

namespace strata {

using testing::ElementsAre;

TEST(Text, HasCaseAndPunctuationInAsciiAlone) {
  EXPECT_EQ(lower_case("ABC \xc3\x9c z"), "abc \xc3\x9c z");
  EXPECT_EQ(without_punctuation("a!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'b \xe2\x80\xa6 0"), "ab \xe2\x80\xa6 0");
}

TEST(Text, IsSplitIntoWordsAndCharacters) {
  EXPECT_THAT(split_words("  a b\t\n\v\f\rcd "), ElementsAre("a", "b", "cd"));
  EXPECT_THAT(split_words(" \t"), ElementsAre());
  EXPECT_THAT(split_characters("a\xc3\xa9\xf0\x9f\x98\x80"), ElementsAre("a", "\xc3\xa9", "\xf0\x9f\x98\x80"));
  EXPECT_THAT(split_characters("\xc3(\xff"), ElementsAre("\xef\xbf\xbd", "(", "\xef\xbf\xbd"));
}

TEST(Text, KnowsUtf8) {
  for (const char* good : {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf4\x8f\xbf\xbf"}) EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8", "\xe2\x82"}) EXPECT_FALSE(is_utf8(bad));
}

TEST(Text, MakesNgramsWidthByWidth) {
  EXPECT_THAT(ngrams({"a", "b", "c"}, {1, 2}), ElementsAre("a", "b", "c", "a b", "b c"));
  EXPECT_THAT(ngrams({"a"}, {2}), ElementsAre());
}

}  // namespace strata
