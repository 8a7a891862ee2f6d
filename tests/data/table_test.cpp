// Columns of one table as inputs of several types; cells that are missing; what does not fit, with its place.
#include "src/data/source.h"

#include <zlib.h>

#include "io/files.h"

namespace strata {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Passengers : public TemporaryFolder {
 public:
  static constexpr const char* text =
      "age,fare,sex,class,code,survived\n"
      "29,211.5,female,1,007,saved\n"
      ",151,male,1,12,lost\n"
      "2,NA,female,3,12a,lost\n"
      "30,8,,2,5,saved\n";

  std::string write(const std::string& name, const std::string& content) const {
    write_atomically(*this / name, as_bytes(content));
    return (*this / name).string();
  }
  // Three inputs of the table: numbers, texts, an integer.
  static RowSource rows(const std::string& file) {
    RowSource source;
    source.x = {{"measures", file, {"age", "fare"}}, {"words", file, {"sex", "code"}}, {"class", file, {"class"}}};
    source.y = {{"", file, {"survived"}}};
    source.input_types = {{"measures", DType::float32}, {"words", DType::string}, {"class", DType::int32}};
    return source;
  }
};

template <class T>
std::vector<T> values(const Arrays& arrays, const std::string& name) {
  const auto span = arrays.find(name)->values<T>();
  return {span.begin(), span.end()};
}

std::string refused(const RowSource& source) {
  return error_of([&] { load_rows(source); });
}

}  // namespace

TEST(TableInputs, EachTakesItsColumnsAsItsType) {
  const Passengers folder;
  RowSource source = Passengers::rows(folder.write("p.csv", Passengers::text));
  source.missing.fill = {{"age", "28"}, {"fare", "14.5"}, {"sex", "unknown"}};
  const Rows rows = load_rows(source);
  EXPECT_EQ(rows.data.x.find("measures")->str(), "float32 (4, 2)");
  EXPECT_THAT(values<float>(rows.data.x, "measures"), ElementsAre(29, 211.5, 28, 151, 2, 14.5, 30, 8));
  EXPECT_THAT(values<std::string>(rows.data.x, "words"), ElementsAre("female", "007", "male", "12", "female", "12a", "unknown", "5"));
  EXPECT_EQ(rows.data.x.find("class")->str(), "int64 (4, 1)");
  EXPECT_THAT(values<std::int64_t>(rows.data.x, "class"), ElementsAre(1, 1, 3, 2));
  EXPECT_THAT(rows.classes, ElementsAre("lost", "saved"));
  EXPECT_THAT(values<std::int64_t>(rows.data.y, ""), ElementsAre(1, 0, 0, 1));
}

// A column of texts stays one where a file happens to hold numbers only.
TEST(TableInputs, TheTypeIsTheInputsNotTheFiles) {
  const Passengers folder;
  RowSource source = Passengers::rows(folder.write("new.csv", "age,fare,sex,class,code,survived\n1,2,male,3,007,lost\n"));
  EXPECT_THAT(values<std::string>(load_rows(source).data.x, "words"), ElementsAre("male", "007"));
  source.y = {{"", source.x[0].file, {"code"}}};
  EXPECT_THAT(values<std::int64_t>(load_rows(source, {"007", "12a"}).data.y, ""), ElementsAre(0));
}

TEST(TableInputs, AMissingCellIsAnErrorUnlessTheSpecSaysWhatBecomesOfIt) {
  const Passengers folder;
  RowSource source = Passengers::rows(folder.write("p.csv", Passengers::text));
  EXPECT_THAT(refused(source), AllOf(HasSubstr("p.csv: row 2, column 'age': the cell is missing"), HasSubstr("missing: {age: VALUE}"), HasSubstr("missing: drop")));
  source.missing.fill = {{"age", "28"}, {"fare", "14.5"}};
  EXPECT_THAT(refused(source), HasSubstr("p.csv: row 4, column 'sex': the cell is missing"));
  source.missing.fill = {{"age", "young"}};
  EXPECT_THAT(refused(source), HasSubstr("p.csv: row 2, column 'age': 'young' is not a number"));
  source.missing.fill = {{"aeg", "28"}};
  source.x = {{"class", source.x[0].file, {"class"}}};
  EXPECT_THAT(refused(source), AllOf(HasSubstr("p.csv: 'missing' names the column 'aeg', which is not there"), HasSubstr("age, fare, sex")));
  const std::string target = folder.write("t.csv", "a,b\n1,x\n2,\n");
  source = {};
  source.x = {{"", target, {}}};
  source.y = {{"", target, {"b"}}};
  EXPECT_THAT(refused(source), HasSubstr("t.csv: row 2, column 'b': the cell is missing"));
}

TEST(TableInputs, DropLeavesOutRowsWithAMissingCellInAColumnThatIsUsed) {
  const Passengers folder;
  RowSource source = Passengers::rows(folder.write("p.csv", Passengers::text));
  source.missing.drop = true;
  const Rows all = load_rows(source);
  EXPECT_EQ(all.data.rows(), 1);
  EXPECT_THAT(all.classes, ElementsAre("saved")) << "classes of rows that are taken";
  source.x = {{"words", source.x[0].file, {"sex"}}};
  EXPECT_EQ(load_rows(source).data.rows(), 3);
  // Rows keep the numbers that they have in the file.
  source.x = {{"class", folder.write("c.csv", "class,survived\n,lost\n2.5,saved\n"), {"class"}}};
  source.y = {{"", source.x[0].file, {"survived"}}};
  EXPECT_THAT(refused(source), HasSubstr("c.csv: row 2, column 'class': '2.5' is no whole number"));
  source.y[0].file = folder.write("d.csv", "survived\nlost\nsaved\n");
  EXPECT_THAT(refused(source), HasSubstr("the rows are in several files"));
}

TEST(TableInputs, ANumberThatTheTypeCannotHoldIsNamed) {
  const Passengers folder;
  RowSource source;
  const auto with = [&](const std::string& cells, DType type) {
    source.x = {{"n", folder.write("n.csv", "n\n" + cells), {"n"}}};
    source.input_types = {{"n", type}};
    return refused(source);
  };
  EXPECT_THAT(with("1\n2.5\n", DType::int32), HasSubstr("n.csv: row 2, column 'n': '2.5' is no whole number from -2147483648 to 2147483647, as its input takes (int32)"));
  EXPECT_THAT(with("256\n", DType::uint8), HasSubstr("row 1, column 'n': '256' is no whole number from 0 to 255"));
  EXPECT_THAT(with("1\n-1\n", DType::boolean), HasSubstr("row 2, column 'n': '-1' is no whole number from 0 to 1"));
  EXPECT_THAT(with("9007199254740993\n", DType::int64), HasSubstr("row 1, column 'n'"));
  EXPECT_THAT(with("1\n1e39\n", DType::float32), HasSubstr("row 2, column 'n': '1e39' is not finite in float32"));
  EXPECT_THAT(with("1\nmany\n", DType::int32), HasSubstr("row 2, column 'n': 'many' is not a number"));
}

TEST(TableInputs, WithoutNamesTakeWhatTargetsAndWeightsLeave) {
  const Passengers folder;
  const std::string file = folder.write("w.csv", "a,b,y,weight\n1,2,0,0.5\n3,4,1,2\n");
  RowSource source;
  source.x = {{"", file, {}}};
  source.y = {{"", file, {"y"}}};
  source.sample_weight = {{"", file, {"weight"}}};
  const Rows rows = load_rows(source);
  EXPECT_THAT(values<float>(rows.data.x, ""), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(values<float>(rows.data.sample_weight, ""), ElementsAre(0.5, 2));
}

TEST(TableInputs, TabsSeparateATsvAndGzipIsUnpacked) {
  const Passengers folder;
  RowSource source;
  source.x = {{"", folder.write("t.tsv", "a\tb\n1,5\t2\n"), {"b"}}};
  EXPECT_THAT(values<float>(load_rows(source).data.x, ""), ElementsAre(2));
  const std::string packed = (folder / "t.csv.gz").string();
  const gzFile out = gzopen(packed.c_str(), "wb");
  ASSERT_TRUE(out);
  std::string many = "a\n";
  for (int i = 0; i < 50'000; ++i) many += std::to_string(i % 100) + "\n";  // more than one piece
  gzwrite(out, many.data(), static_cast<unsigned>(many.size()));
  gzclose(out);
  source.x = {{"", packed, {"a"}}};
  const Tensor t = load_rows(source).data.x.columns()[0].second;
  EXPECT_EQ(t.dim(0), 50'000);
  EXPECT_EQ(t.at(49'999), 99);
}

}  // namespace strata
