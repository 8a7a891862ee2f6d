#include "src/io/csv.h"

#include <clocale>
#include <cmath>
#include <limits>
#include <sstream>

#include "tests/io/files.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string read_error(std::string_view text) {
  return error_of([&] { read_csv(text, "t.csv"); });
}

}  // namespace

TEST(Csv, TypesItsColumns) {
  const CsvTable t = read_csv("age,name,income\r\n30,\"Smith, \"\"J\"\"\",1e3\r\n+41,\"two\nlines\", -2.5 \r\n\r\n", "t.csv");
  EXPECT_TRUE(t.has_header());
  EXPECT_EQ(t.rows(), 2u);
  EXPECT_THAT(t.numbers("age"), ElementsAre(30, 41));
  EXPECT_THAT(t.column("name").texts, ElementsAre("Smith, \"J\"", "two\nlines"));
  EXPECT_THAT(t.column("age").texts, ElementsAre("30", "+41")) << "numbers as they stand";
  EXPECT_THAT(t.numbers("income"), ElementsAre(1000, -2.5));
  EXPECT_EQ(t.find("Age"), nullptr);
}

TEST(Csv, KnowsAHeaderByItsWords) {
  EXPECT_FALSE(read_csv("1,2\n3,4", "t.csv").has_header());
  EXPECT_THAT(read_csv("1,2\n3,4", "t.csv").numbers("1"), ElementsAre(2, 4));
  EXPECT_FALSE(read_csv("1,,2\n3,4,5", "t.csv").has_header()) << "a missing cell is no word";
  EXPECT_TRUE(read_csv("\xef\xbb\xbf" "a,1\n3,4", "t.csv").find("a")) << "a byte order mark is no part of a name";
  EXPECT_THAT(read_csv("a,b\nc,d", "t.csv", false).column("0").texts, ElementsAre("a", "c"));
  EXPECT_EQ(read_csv("a,b\n", "t.csv").rows(), 0u);
}

TEST(Csv, MarksMissingCells) {
  const CsvTable t = read_csv("a,b\n1,x\nNA,\n,\"\"\n", "t.csv");
  EXPECT_TRUE(t.find("a")->is_numeric);
  EXPECT_TRUE(std::isnan(t.find("a")->numbers[1]));
  EXPECT_THAT(t.find("a")->missing, ElementsAre(false, true, true));
  EXPECT_THAT(t.find("b")->missing, ElementsAre(false, true, false)) << "a quoted empty text is there";
}

TEST(Csv, FillsMissingCells) {
  CsvTable t = read_csv("a,b\n1,x\nNA,\n3,y\n", "t.csv");
  t.fill("a", "2.5");
  t.fill("b", "none");
  EXPECT_THAT(t.numbers("a"), ElementsAre(1, 2.5, 3));
  EXPECT_THAT(t.column("a").missing, ElementsAre(false, false, false));
  EXPECT_THAT(t.column("b").texts, ElementsAre("x", "none", "y"));
  CsvTable words = read_csv("a\n1\nNA\n", "t.csv");
  words.fill("a", "many");
  EXPECT_THAT(error_of([&] { words.numbers("a"); }), HasSubstr("row 2, column 'a': 'many' is not a number"));
  EXPECT_THAT(error_of([&] { t.fill("c", "1"); }), HasSubstr("no column 'c'"));
}

TEST(Csv, TakesAnotherSeparator) {
  const CsvTable t = read_csv("a\tb\n1\t\"x\ty\"\n2\tp,q\n", "t.tsv", {}, '\t');
  EXPECT_THAT(t.numbers("a"), ElementsAre(1, 2));
  EXPECT_THAT(t.column("b").texts, ElementsAre("x\ty", "p,q"));
}

TEST(Csv, ErrorsNameThePlace) {
  const CsvTable t = read_csv("age,city\n30,Oslo\nold,Bergen\n", "t.csv");
  EXPECT_THAT(error_of([&] { t.numbers("age"); }), HasSubstr("t.csv: row 2, column 'age': 'old' is not a number"));
  EXPECT_THAT(error_of([&] { t.numbers("ages"); }), HasSubstr("no column 'ages' | its columns: age, city"));
  EXPECT_THAT(read_error("a,b\n1,2\n3\n"), HasSubstr("t.csv:3: row 2 has 1 cells, the first line has 2"));
  EXPECT_THAT(read_error("a,b\n1,2,3\n"), HasSubstr("row 1 has 3 cells"));
  EXPECT_THAT(read_error(""), HasSubstr("is empty"));
  EXPECT_THAT(read_error("\n\n"), HasSubstr("is empty"));
  EXPECT_THAT(read_error("a\n\"open\n\n"), HasSubstr("t.csv:2: a quote is opened and never closed"));
  EXPECT_THAT(read_error("a\n\"x\"y\n"), HasSubstr("t.csv:2: there is text behind a closing quote"));
  EXPECT_THAT(read_error("a,a\n1,2\n"), HasSubstr("both named 'a'"));
  EXPECT_THAT(read_error(std::string_view("a\0b", 3)), HasSubstr("not a CSV text in UTF-8"));
}

TEST(Csv, TakesNoHalfNumbers) {
  for (const char* cell : {"1.5x", "0x10", "1e999", "1,5", "--1", "+-1", "1 2", "1_000"})
    EXPECT_FALSE(read_csv("a\n\"" + std::string(cell) + "\"\n", "t.csv").find("a")->is_numeric) << cell;
}

TEST(Csv, WritesNumbersThatComeBack) {
  std::ostringstream out;
  CsvWriter writer(out);
  writer.header(std::vector<std::string>{"x", "y, \"z\""});
  writer.row(std::vector<double>{0.1, 1e-300});
  writer.row(std::vector<float>{0.1f, -3.0f});
  EXPECT_EQ(out.str(), "x,\"y, \"\"z\"\"\"\n0.1,1e-300\n0.1,-3\n");
  EXPECT_THAT(read_csv(out.str(), "t.csv").numbers("y, \"z\""), ElementsAre(1e-300, -3));
}

TEST(Csv, TheLocaleNeverMatters) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"})
    if (std::setlocale(LC_ALL, name)) {
      EXPECT_THAT(read_csv("1.5,2\n", "t.csv").numbers("0"), ElementsAre(1.5)) << name;
    }
  std::setlocale(LC_ALL, before.c_str());
}

}  // namespace strata
