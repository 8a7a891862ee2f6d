// A table with numbers, texts and classes, from training to predictions, by the command alone.
#include "cli/program.h"

namespace strata {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TablePlace : public Workplace {
 public:
  TablePlace() {
    const char* colours[] = {"red", "green", "blue"};
    std::string table = "colour,size,kind,verdict\n";
    for (int i = 0; i < 240; ++i) {
      const int colour = i * 7919 % 3, size = i * 31 % 11, kind = i * 17 % 4;
      const bool yes = colour == 0 || (colour == 1 && kind == 3);
      table += std::string(colours[colour]) + "," + (i % 40 == 7 ? "" : std::to_string(size)) + "," + std::to_string(kind) + "," + (yes ? "yes" : "no") + "\n";
    }
    text("table.csv", table);
    text("new.csv", "kind,colour,size\n0,red,5\n3,green,\n0,green,1\n3,blue,2\n");
    text("table.yaml", R"(model:
  inputs: {size: {shape: [1]}, colour: {shape: [1], dtype: string}, sort: {shape: [1], dtype: int32}}
  layers:
    - Normalization: {name: scaled, inputs: size}
    - StringLookup: {name: token, inputs: colour}
    - CategoryEncoding: {name: colours, num_tokens: 4, output_mode: one_hot}
    - CategoryEncoding: {name: sorts, inputs: sort, num_tokens: 4, output_mode: one_hot}
    - Concatenate: {inputs: [scaled, colours, sorts]}
    - Dense: {units: 16, activation: relu}
    - Dense: {name: verdict, units: 2, activation: softmax}
compile: {optimizer: {Adam: {learning_rate: 0.02}}, loss: sparse_categorical_crossentropy, metrics: [accuracy]}
data:
  train: {file: table.csv, x: {size: size, colour: colour, sort: [kind]}, target: verdict}
  missing: {size: 5}
fit: {epochs: 25, batch_size: 16, validation_split: 0.25}
)");
  }
};

}  // namespace

TEST(TableCommand, TrainsOnColumnsOfSeveralTypesAndPredictsNewRows) {
  const TablePlace w;
  const Finished trained = w.run({"train", "table.yaml", "--run-dir", "r", "--json"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_GT(trained.json()["history"]["val_accuracy"].back().get<double>(), 0.95);
  const Finished predicted = w.run({"predict", "r", "--x", "new.csv", "--classes"});
  EXPECT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_EQ(predicted.out, "1\n1\n0\n0\n");  // classes: no, yes
}

// "yes" alone would be class 0: the run remembers that it is class 1.
TEST(TableCommand, ARunKnowsItsClassesWithoutTheTrainingRows) {
  const TablePlace w;
  ASSERT_EQ(w.run({"train", "table.yaml", "--run-dir", "r", "--epochs", "30"}).code, 0);
  w.text("later.csv", "kind,colour,size\n0,red,5\n1,red,3\n3,red,2\n");
  w.text("verdicts.csv", "verdict\nyes\nyes\nyes\n");
  std::filesystem::remove(w / "table.csv");
  const Finished found = w.run({"evaluate", "r", "--x", "later.csv", "--y", "verdicts.csv", "--json"});
  ASSERT_EQ(found.code, 0) << found.out;
  EXPECT_EQ(found.json()["accuracy"], 1.0);
}

TEST(TableCommand, SaysWhatDoesNotFit) {
  const TablePlace w;
  const auto refused = [&](const std::string& set) {
    const Finished f = w.run({"train", "table.yaml", "--set", set});
    return std::to_string(f.code) + " " + f.err;
  };
  EXPECT_THAT(refused("data.missing=error"), AllOf(HasSubstr("3 "), HasSubstr("table.csv: row 8, column 'size': the cell is missing")));
  EXPECT_THAT(refused("data.train.x.sort=[colour]"), AllOf(HasSubstr("3 "), HasSubstr("table.csv: row 1, column 'colour': 'red' is not a number")));
  EXPECT_THAT(refused("data.train.x.sort=knid"), AllOf(HasSubstr("3 "), HasSubstr("table.csv: has no column 'knid'")));
  const Finished no_column = w.run({"train", "table.yaml", "--epochs", "1", "--run-dir", "r"});
  ASSERT_EQ(no_column.code, 0) << no_column.err;
  w.text("short.csv", "kind,size\n0,5\n");
  const Finished lacking = w.run({"predict", "r", "--x", "short.csv"});
  EXPECT_EQ(lacking.code, 3);
  EXPECT_THAT(lacking.err, HasSubstr("short.csv: has no column 'colour'"));
}

}  // namespace strata
