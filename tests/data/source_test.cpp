#include "src/data/source.h"

#include "io/files.h"
#include "src/io/npy.h"
#include "src/io/npz.h"

namespace strata {
namespace {

class Folder : public TemporaryFolder {
 public:
  std::string text(const std::string& name, const std::string& content) const {
    write_atomically(*this / name, as_bytes(content));
    return (*this / name).string();
  }
  std::string bytes(const std::string& name, const Bytes& content) const {
    write_atomically(*this / name, content);
    return (*this / name).string();
  }
};

RowSource table(const std::string& file, const std::string& target) {
  RowSource source;
  source.x = {{"", file, {}}};
  source.y = {{"", file, {target}}};
  return source;
}

std::vector<double> numbers(const Tensor& t) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < t.elements(); ++i) values.push_back(t.at(i));
  return values;
}

}  // namespace

TEST(Rows, TextTargetsAreSortedClasses) {
  const Folder folder;
  const std::string train = folder.text("iris.csv", "a,b,kind\n1,2,setosa\n3,4,virginica\n5,6,setosa\n");
  const Rows rows = load_rows(table(train, "kind"));
  EXPECT_THAT(rows.classes, testing::ElementsAre("setosa", "virginica"));
  EXPECT_EQ(rows.data.x.columns()[0].second.shape(), (std::vector<std::int64_t>{3, 2}));
  EXPECT_THAT(numbers(rows.data.y.columns()[0].second), testing::ElementsAre(0, 1, 0));

  const std::string test = folder.text("test.csv", "a,b,kind\n1,2,virginica\n3,4,versicolor\n");
  EXPECT_THAT(error_of([&] { load_rows(table(test, "kind"), rows.classes); }),
              testing::AllOf(testing::HasSubstr("test.csv: row 2, column 'kind': 'versicolor' is none of the 2 classes"), testing::HasSubstr("setosa, virginica")));
}

TEST(Rows, WholeNumbersAreLabelsOthersAreValues) {
  const Folder folder;
  EXPECT_EQ(load_rows(table(folder.text("a.csv", "x,y\n1,0\n2,1\n"), "y")).data.y.columns()[0].second.dtype(), DType::int64);
  EXPECT_EQ(load_rows(table(folder.text("b.csv", "x,y\n1,0.5\n2,1\n"), "y")).data.y.columns()[0].second.dtype(), DType::float32);
}

TEST(Rows, ACellThatIsNoNumberIsNamed) {
  const Folder folder;
  const std::string file = folder.text("a.csv", "x,y\n1,0\noops,1\n");
  EXPECT_THAT(error_of([&] { load_rows(table(file, "y")); }), testing::AllOf(testing::HasSubstr("a.csv"), testing::HasSubstr("row 2"), testing::HasSubstr("'x'"), testing::HasSubstr("'oops'")));
}

TEST(Rows, LengthsThatDifferNameBothFiles) {
  const Folder folder;
  RowSource source;
  source.x = {{"", folder.bytes("x.npy", write_npy(Tensor(DType::float32, {4, 2}))), {}}};
  source.y = {{"", folder.bytes("y.npy", write_npy(Tensor(DType::int64, {3}))), {}}};
  EXPECT_THAT(error_of([&] { load_rows(source); }), testing::AllOf(testing::HasSubstr("x.npy has 4 rows"), testing::HasSubstr("y.npy has 3")));
}

TEST(Rows, ArraysOfAnNpzGoByName) {
  const Folder folder;
  const std::string file = folder.bytes("data.npz", write_npz({{"image", Tensor(DType::float32, {4, 2})}, {"size", Tensor(DType::float32, {4, 1})}}));
  RowSource source;
  source.x = {{"", file, {}}};
  EXPECT_EQ(load_rows(source).data.x.size(), 2u);
  source.x = {{"", file, {"size"}}};
  EXPECT_EQ(load_rows(source).data.x.columns()[0].second.dim(1), 1);
  source.x = {{"", file, {"sise"}}};
  EXPECT_THAT(error_of([&] { load_rows(source); }), testing::AllOf(testing::HasSubstr("has no array 'sise'"), testing::HasSubstr("image, size")));
}

TEST(Rows, ATextBecomesWindowsAndTheSameOneTokenLater) {
  const Folder folder;
  RowSource source;
  source.format = "text";
  source.file = folder.text("t.txt", "abcab\xc3\xa9");
  source.length = 3;
  const Rows rows = load_rows(source);
  EXPECT_THAT(rows.classes, testing::ElementsAre("a", "b", "c", "\xc3\xa9"));
  EXPECT_THAT(numbers(rows.data.x.columns()[0].second), testing::ElementsAre(0, 1, 2, 1, 2, 0, 2, 0, 1));
  EXPECT_THAT(numbers(rows.data.y.columns()[0].second), testing::ElementsAre(1, 2, 0, 2, 0, 1, 0, 1, 3));
}

TEST(Split, TakesTheLastFractionOfTheRowsOrOfEachClass) {
  const Dataset data{Tensor::of<float>({6}, {0, 1, 2, 3, 4, 5}), Tensor::of<std::int64_t>({6}, {1, 1, 1, 1, 0, 0}), {}};
  const auto [first, second] = split_rows(data, 0.5, false);
  EXPECT_THAT(numbers(second.x.columns()[0].second), testing::ElementsAre(3, 4, 5));
  const auto [train, validation] = split_rows(data, 0.5, true);
  EXPECT_THAT(numbers(train.x.columns()[0].second), testing::ElementsAre(0, 1, 4));
  EXPECT_THAT(numbers(validation.x.columns()[0].second), testing::ElementsAre(2, 3, 5));
}

TEST(Rows, ColumnsOfTextsAreTensorsOfTexts) {
  const Folder folder;
  const std::string file = folder.text("reviews.csv", "text,stars,verdict\n\"good, very\",5,up\nbad,1,down\n");
  RowSource source = table(file, "verdict");
  source.x[0].members = {"text"};
  source.input_types = {{"review", DType::string}, {"", DType::string}};
  const Tensor x = load_rows(source).data.x.columns()[0].second;
  EXPECT_EQ(x.str(), "string (2, 1)");
  EXPECT_EQ(x.values<std::string>()[0], "good, very");
  source.x[0].members = {"text", "stars"};
  EXPECT_EQ(load_rows(source).data.x.columns()[0].second.values<std::string>()[1], "5") << "where the input is of texts, a number is one";

  RowSource by_name;
  by_name.input_types = {{"review", DType::string}, {"size", DType::float32}};
  by_name.x = {{"review", file, {"text"}}, {"size", file, {"stars"}}};
  by_name.y = {{"", file, {"verdict"}}};
  const Rows rows = load_rows(by_name);
  EXPECT_EQ(rows.data.x.find("review")->str(), "string (2, 1)");
  EXPECT_EQ(rows.data.x.find("size")->str(), "float32 (2, 1)");
  EXPECT_EQ(rows.classes, (std::vector<std::string>{"down", "up"}));
  const auto [first, second] = split_rows(rows.data, 0.5, true);
  EXPECT_EQ(first.x.find("review")->values<std::string>().size() + second.x.find("review")->values<std::string>().size(), 2u);

  source = table(folder.text("latin.csv", "text,verdict\ncaf\xe9,up\n"), "verdict");
  source.input_types = {{"", DType::string}};
  EXPECT_THAT(error_of([&] { load_rows(source); }), testing::HasSubstr("row 1, column 'text': the text is no UTF-8"));
}

}  // namespace strata
