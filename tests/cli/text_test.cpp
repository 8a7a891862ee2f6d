// Texts from a CSV file to predictions, by the command alone.
#include "cli/program.h"

namespace strata {
namespace {

using testing::HasSubstr;

class TextPlace : public Workplace {
 public:
  TextPlace() {
    const char* good[] = {"great", "lovely", "superb"};
    const char* bad[] = {"awful", "boring", "terrible"};
    const char* other[] = {"the", "film", "was", "and", "plot"};
    std::string table = "review,verdict\n";
    for (int i = 0; i < 150; ++i) {
      const bool is_good = i * 7919 % 5 < 2;
      table += std::string("\"") + other[i % 5] + " film, so " + (is_good ? good : bad)[i * 31 % 3] + "! " + other[i * 11 % 5] + "\"," + (is_good ? "up" : "down") + "\n";
    }
    text("reviews.csv", table);
    text("new.csv", "review\nA SUPERB plot.\n\"boring, awful film\"\n");
    text("reviews.yaml", R"(name: reviews
model:
  - Input: {shape: [1], dtype: string}
  - TextVectorization: {max_tokens: 50, output_sequence_length: 8}
  - Embedding: {input_dim: 50, output_dim: 8}
  - GlobalAveragePooling1D
  - Dense: {units: 2, activation: softmax}
compile: {optimizer: {Adam: {learning_rate: 0.05}}, loss: sparse_categorical_crossentropy, metrics: [accuracy]}
data: {train: {file: reviews.csv, features: [review], target: verdict}}
fit: {epochs: 8, batch_size: 16, validation_split: 0.2}
)");
  }
};

}  // namespace

TEST(TextCommand, TrainsOnATableAndPredictsNewRows) {
  const TextPlace w;
  const Finished trained = w.run({"train", "reviews.yaml", "--run-dir", "r", "--json"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_GT(trained.json()["history"]["val_accuracy"].back().get<double>(), 0.95);
  for (const char* model : {"r", "r/model.keras"}) {
    const Finished predicted = w.run({"predict", model, "--x", "new.csv", "--classes"});
    EXPECT_EQ(predicted.code, 0) << predicted.err;
    EXPECT_EQ(predicted.out, "1\n0\n") << model;  // classes: down, up
  }
  EXPECT_THAT(w.run({"summary", "r/model.keras"}).out, HasSubstr("TextVectorization"));
}

TEST(TextCommand, AResumedRunKnowsItsVocabulary) {
  const TextPlace w;
  const std::vector<std::string> train = {"train", "reviews.yaml", "--run-dir"};
  const auto in = [&](const char* directory, const char* epochs) { return std::vector<std::string>{train[0], train[1], train[2], directory, "--epochs", epochs}; };
  ASSERT_EQ(w.run(in("whole", "4")).code, 0);
  ASSERT_EQ(w.run(in("parts", "2")).code, 0);
  const Finished resumed = w.run({"train", "--resume", "parts", "--set", "fit.epochs=4"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_TRUE(w.read("whole/model.keras") == w.read("parts/model.keras"));
  EXPECT_TRUE(w.read("whole/history.csv") == w.read("parts/history.csv"));
}

TEST(TextCommand, SaysWhatDoesNotFit) {
  const TextPlace w;
  const Finished two_columns = w.run({"train", "reviews.yaml", "--set", "data.train.features=[verdict, review]"});
  EXPECT_EQ(two_columns.code, 3);
  EXPECT_THAT(two_columns.err, HasSubstr("takes the shape (None, 1), received (150, 2)"));
  w.text("holes.csv", "review,verdict\nlovely,up\n,down\n");
  const Finished holes = w.run({"train", "reviews.yaml", "--set", "data.train.file=holes.csv"});
  EXPECT_EQ(holes.code, 3);
  EXPECT_THAT(holes.err, HasSubstr("holes.csv: row 2, column 'review': the cell is missing"));
  w.text("dense.yaml", "model:\n  - Input: {shape: [1], dtype: string}\n  - Dense: {units: 1}\n");
  const Finished dense = w.run({"validate", "dense.yaml"});
  EXPECT_EQ(dense.code, 2);
  EXPECT_THAT(dense.err, HasSubstr("no device holds texts"));
}

}  // namespace strata
