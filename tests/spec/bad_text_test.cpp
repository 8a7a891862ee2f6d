// Texts that no reader may take, each with the place and the words that its author needs.
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/reading.h"

namespace strata {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string file_error(const std::string& path) {
  try {
    SourceText::read(path);
  } catch (const SpecError& e) {
    return e.what();
  }
  return "no error";
}

class BadFile : public ::testing::Test {
 protected:
  BadFile() {
    char name[] = "/tmp/strata-spec-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~BadFile() override {
    ::unlink((folder_ + "/file").c_str());
    ::rmdir(folder_.c_str());
  }
  std::string folder_;
};

TEST(BadText, Empty) {
  for (const char* text : {"", "\n\n", "# only\n# comments\n", "---\n", "\xEF\xBB\xBF"}) {
    EXPECT_THAT(error_text("a.yaml", text), AllOf(HasSubstr("a.yaml: error: the spec is empty"), HasSubstr("model: [")));
  }
  EXPECT_THAT(error_text("a.json", " \n"), HasSubstr("the spec is empty"));
}

TEST_F(BadFile, NotRegular) {
  EXPECT_THAT(file_error(folder_), HasSubstr("not a regular file, but a directory"));
  EXPECT_THAT(file_error("/dev/null"), HasSubstr("not a regular file, but a device"));
  ASSERT_EQ(::mkfifo((folder_ + "/file").c_str(), 0600), 0);
  EXPECT_THAT(file_error(folder_ + "/file"), HasSubstr("not a regular file, but a FIFO"));
  EXPECT_THAT(file_error(folder_ + "/absent.yaml"), HasSubstr("there is no such file"));
}

TEST_F(BadFile, TooLarge) {
  std::ofstream(folder_ + "/file") << std::string(17 << 20, 'x');
  EXPECT_THAT(file_error(folder_ + "/file"), HasSubstr("larger than the limit of 16 MiB"));
}

TEST(BadText, NotUtf8) {
  const auto refused = [](const std::string& text) { return first_error("a.yaml", text); };
  EXPECT_THAT(refused(std::string("\xFF\xFE" "a\0", 4)), HasSubstr("byte offset 0"));
  EXPECT_EQ(refused(std::string("a: b\nc\0", 7)), "not a text: a NUL byte at byte offset 6 (line 2, column 2)");
  EXPECT_EQ(refused("a: b\n\xC3\xA9: \xFF"), "not UTF-8: byte 0xFF at byte offset 9 (line 2, column 4)");
  EXPECT_THAT(refused("\xC0\xAF"), HasSubstr("not UTF-8"));          // overlong
  EXPECT_THAT(refused("\xED\xA0\x80"), HasSubstr("not UTF-8"));      // a surrogate
  EXPECT_THAT(refused("\xF5\x80\x80\x80"), HasSubstr("not UTF-8"));  // beyond U+10FFFF
  EXPECT_THAT(refused("a: \xE2\x82"), HasSubstr("not UTF-8"));       // cut off
  EXPECT_EQ(refused("a: 1\nb: x\x04"), "2:5 a control character");
}

TEST(BadText, Nesting) {
  EXPECT_EQ(first_error("a.json", repeated("[", 100000)), "1:129 nested deeper than the limit of 128 levels");
  EXPECT_EQ(first_error("a.json", repeated("{\"a\":", 100000)), "1:641 nested deeper than the limit of 128 levels");
  EXPECT_THAT(first_error("a.yaml", repeated("[", 100000)), HasSubstr("nested deeper than the limit of 64 levels"));
  EXPECT_EQ(first_error("a.yaml", repeated("{a: ", 65) + repeated("}", 65)), "1:257 nested deeper than the limit of 64 levels");
  EXPECT_NE(first_error("a.yaml", repeated("{a: ", 65)), "no error");
  EXPECT_EQ(first_error("a.yaml", repeated("- ", 100000)), "1:129 nested deeper than the limit of 64 levels");
  EXPECT_NE(first_error("a.yaml", repeated("{", 100000)), "no error");
  EXPECT_EQ(first_error("a.yaml", repeated("[", 64) + repeated("]", 64)), "no error");
  EXPECT_EQ(first_error("a.json", repeated("[", 128) + repeated("]", 128)), "no error");
}

TEST(BadText, AliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}{2}]\n", i, i - 1, repeated(fmt::format(", *a{}", i - 1), 9));
  }
  EXPECT_THAT(first_error("a.yaml", bomb), AllOf(HasSubstr("'*a3' expand to more than the limit of 100000 values"), StartsWith("5:")));

  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 20; ++i) chain += fmt::format("a{0}: &a{0} [*a{1}]\n", i, i - 1);
  EXPECT_THAT(first_error("a.yaml", chain), AllOf(StartsWith("18:"), HasSubstr("nested deeper than the limit of 16")));
  const std::string deep = repeated("[", 40) + repeated("]", 40);
  EXPECT_THAT(first_error("a.yaml", "a: &a " + deep + "\nb: " + repeated("[", 30) + "*a" + repeated("]", 30)),
              HasSubstr("with the alias '*a' nested deeper than the limit of 64"));
}

TEST(BadText, AliasToItself) {
  EXPECT_EQ(first_error("a.yaml", "&a [*a]"), "1:5 the alias '*a' refers to its own ancestor");
  EXPECT_EQ(first_error("a.yaml", "&a {k: *a}"), "1:8 the alias '*a' refers to its own ancestor");
  EXPECT_EQ(first_error("a.yaml", "x: &a\n  k:\n    - *a\n"), "3:7 the alias '*a' refers to its own ancestor");
}

TEST(BadText, UndefinedAnchor) {
  EXPECT_EQ(first_error("a.yaml", "*nope"), "1:1 the anchor of the alias '*nope' is not defined");
  EXPECT_EQ(first_error("a.yaml", "a: [1, *nope]"), "1:8 the anchor of the alias '*nope' is not defined");
}

TEST(BadText, DuplicateKey) {
  EXPECT_EQ(first_error("a.yaml", "units: 3\nname: x\nunits: 3\n"), "3:1 duplicate key 'units': it stands at line 1, column 1 already");
  EXPECT_EQ(first_error("a.yaml", "a: {units: 3, \"units\": 3}"), "1:15 duplicate key 'units': it stands at line 1, column 5 already");
  EXPECT_EQ(first_error("a.json", "{\"units\": 3,\n \"units\": 3}"), "2:2 duplicate key 'units': it stands at line 1, column 2 already");
}

TEST(BadText, SecondDocument) {
  EXPECT_EQ(first_error("a.yaml", "a: 1\n---\nb: 2\n"), "2:1 a second document begins at line 2");
  EXPECT_EQ(first_error("a.yaml", "---\na: 1\n...\n"), "no error");
}

TEST(BadText, Tab) {
  EXPECT_EQ(first_error("a.yaml", "a:\n\tb: 1\n"), "2:1 a tab is used for indentation");
  EXPECT_EQ(first_error("a.yaml", "\ta: 1\n"), "1:1 a tab is used for indentation");
  EXPECT_EQ(first_error("a.yaml", "a:\n  - x\n\t- y\n"), "3:1 a tab is used for indentation");
  EXPECT_EQ(first_error("a.yaml", "a: 3\n\n  \tb: 4\n"), "3:3 a tab is used for indentation");
  EXPECT_EQ(first_error("a.yaml", "a:\t1 # a tab\there\nb: [\n\t1]\n"), "no error");
}

TEST(BadText, Unclosed) {
  EXPECT_EQ(first_error("a.yaml", "a: 1\nb: [1, 2\n"), "2:4 this '[' is never closed: the text ends at line 3, column 1");
  EXPECT_EQ(first_error("a.yaml", "a: {b: 1"), "1:4 this '{' is never closed: the text ends at line 1, column 9");
  EXPECT_EQ(first_error("a.yaml", "a: \"xx\nb: 1\n"), "1:4 this quote is never closed");
  EXPECT_EQ(first_error("a.yaml", "a: 'x\n"), "1:4 this quote is never closed");
  EXPECT_EQ(first_error("a.yaml", "a: [1,2]]"), "1:9 there is nothing open that ']' closes");
  EXPECT_EQ(first_error("a.yaml", "[a, b}"), "1:6 '}' does not close the '[' that is open");
  EXPECT_THAT(error_text("a.yaml", "[a, b}"), HasSubstr("'[' was opened at line 1, column 1"));
  EXPECT_EQ(first_error("a.yaml", "[a,,b]"), "1:4 a value is missing before this");
  EXPECT_EQ(first_error("a.yaml", "[1] x\n"), "1:5 this does not continue the document above");
  EXPECT_EQ(first_error("a.yaml", "a: 1\nb\n"), "2:1 expected ':' behind 'b'");
  EXPECT_EQ(first_error("a.yaml", "? [a]\n: 1\n"), "1:3 a key is a name or a number, no list and no mapping");
  EXPECT_EQ(first_error("a.yaml", "a: 1\nb\nc: 2\n"), "3:2 a ':' where no key can be");

  EXPECT_EQ(first_error("a.json", "{\"a\": [1, 2"), "1:7 this '[' is never closed: the text ends at line 1, column 12");
  EXPECT_EQ(first_error("a.json", "{\"a\": \"xx"), "1:7 this string is never closed");
  EXPECT_EQ(first_error("a.json", "[1, 2,\n]"), "1:6 a comma before ']': JSON has no trailing commas");
  EXPECT_EQ(first_error("a.json", "{\"a\": 1,}"), "1:8 a comma before '}': JSON has no trailing commas");
  EXPECT_THAT(error_text("a.json", "[1, 2,\n]"), HasSubstr("'[' was opened at line 1, column 1"));
  EXPECT_EQ(first_error("a.json", "[1]\n x"), "2:2 text behind the end of the JSON value");
  EXPECT_EQ(first_error("a.json", "[1}"), "1:3 unexpected '}'");
  EXPECT_EQ(first_error("a.json", "{\"a\" 1}"), "1:6 unexpected '1'");
  EXPECT_EQ(first_error("a.json", "{a: 1}"), "1:2 unexpected 'a'");
  EXPECT_EQ(first_error("a.json", "[1 2]"), "1:4 unexpected '2'");
  EXPECT_EQ(first_error("a.json", "[1, // one\n2]"), "1:5 JSON has no comments");
  EXPECT_EQ(first_error("a.json", "{\"a\": \"\\q\"}"), "1:9 'q' does not belong in an escape of a string");
  EXPECT_EQ(first_error("a.json", "['a']"), "1:2 JSON strings stand in double quotes");
  EXPECT_EQ(first_error("a.json", "\"a\tb\""), "1:3 a control character in a string");
}

TEST(BadText, UnknownTag) {
  EXPECT_EQ(first_error("a.yaml", "a: !!python/object/apply:os.system [x]"), "1:4 unknown tag '!!python/object/apply:os.system'");
  EXPECT_EQ(first_error("a.yaml", "a: !mine\nb: 1"), "1:4 unknown tag '!mine'");
  EXPECT_EQ(first_error("a.yaml", "a: !!int x"), "1:4 the tag '!!int' does not fit a string");
  EXPECT_EQ(read_text("a.yaml", "a: !!str 12").find("a")->as_string(), "12");
}

TEST(BadText, MergeKey) {
  EXPECT_EQ(first_error("a.yaml", "base: &base {a: 1}\nuse:\n  <<: *base\n"), "3:3 merge keys ('<<') are not part of the spec language");
}

TEST(BadText, NotFinite) {
  EXPECT_EQ(first_error("a.json", "[NaN]"), "1:2 JSON numbers are finite: it has no NaN and no Infinity");
  EXPECT_EQ(first_error("a.json", "[1, -Infinity]"), "1:5 JSON numbers are finite: it has no NaN and no Infinity");
  EXPECT_THAT(first_error("a.json", "[1e999]"), StartsWith("1:2 the number 1e999 is not finite"));
  EXPECT_THAT(first_error("a.yaml", "a: -1e999"), StartsWith("1:4 the number -1e999 is not finite"));
  // YAML can say it; who needs a finite number refuses it.
  EXPECT_TRUE(read_text("a.yaml", "[.inf]")[0].is_number());
  EXPECT_TRUE(read_text("a.yaml", "[NaN]")[0].is_string());
}

TEST(BadText, IntegerRange) {
  EXPECT_THAT(first_error("a.yaml", "units: 99999999999999999999"), StartsWith("1:8 the integer 99999999999999999999 is out of range"));
  EXPECT_THAT(first_error("a.json", "{\"units\": 99999999999999999999}"), StartsWith("1:11 the integer 99999999999999999999 is out of range"));
  EXPECT_THAT(first_error("a.json", "[9223372036854775808]"), StartsWith("1:2 the integer 9223372036854775808 is out of range"));
  EXPECT_EQ(read_text("a.json", "[-9223372036854775808]")[0].as_integer(), INT64_MIN);
}

TEST(BadText, NoIntegers) {
  for (const char* token : {"64.0", "64.9", "6e1"}) {
    EXPECT_TRUE(read_text("a.yaml", token).is_number()) << token;
    EXPECT_TRUE(read_text("a.json", token).is_number()) << token;
  }
  EXPECT_TRUE(read_text("a.yaml", "\"64\"").is_string());
  EXPECT_TRUE(read_text("a.yaml", "true").is_boolean());
  EXPECT_TRUE(read_text("a.yaml", "1_000").is_string());
  EXPECT_EQ(first_error("a.yaml", "units: 010"), "1:8 the integer '010' has a leading zero");
  EXPECT_THAT(error_text("a.yaml", "units: 010"), HasSubstr("write 10, or '010' in quotes"));
  EXPECT_EQ(first_error("a.json", "[010]"), "1:2 the integer '010' has a leading zero");
}

TEST(BadText, LongString) {
  EXPECT_EQ(first_error("a.yaml", "a: " + std::string(70000, 'x')), "1:4 a string is longer than the limit of 64 KiB");
  EXPECT_EQ(first_error("a.json", "[\"" + std::string(70000, 'x') + "\"]"), "1:2 a string is longer than the limit of 64 KiB");
}

// Whatever the bytes are, a text ends in a tree or in a SpecError that has a place inside the text.
TEST(BadText, DamagedTextsEndInAnError) {
  const std::string seeds[] = {
      "name: x\nmodel:\n  - Input: {shape: [28, 28, 1]}\n  - &d Dense: {units: !!int 3, activation: 'relu'}\n  - *d\n"
      "text: |\n  a\n  b\nempty:\nlist:\n-\n- \"q\\n\"\n",
      "{\"a\": [1, 2.5e3, true, null, \"x\\u00e9\"], \"b\": {\"c\": -1}}"};
  const std::string alphabet = "[]{}:,-#&*!|>'\"%@`?~ \n\t\\a0.<";
  std::uint64_t state = 1;
  const auto random = [&](std::size_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % n;
  };
  std::size_t errors = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[i % 2];
    for (std::size_t edits = 1 + random(3); edits > 0; --edits) {
      const std::size_t at = random(text.size());
      switch (random(3)) {
        case 0: text[at] = alphabet[random(alphabet.size())]; break;
        case 1: text.insert(at, 1, alphabet[random(alphabet.size())]); break;
        default: text.erase(at, 1 + random(5)); break;
      }
    }
    try {
      read_text(i % 2 ? "a.json" : "a.yaml", text);
    } catch (const SpecError& e) {
      ++errors;
      for (const Diagnostic& d : e.diagnostics())
        ASSERT_LE(d.range.begin, d.source ? d.source->size() : 0) << text;
    }
  }
  EXPECT_GT(errors, 5000u);
  EXPECT_LT(errors, 20000u);
}

}  // namespace
}  // namespace strata
