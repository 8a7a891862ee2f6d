// A model of texts that real Keras adapted and saved (tests/golden/make_texts.py), and the same for real Keras.
#include <cstdlib>

#include <gmock/gmock.h>

#include "files/models.h"
#include "src/files/keras_model.h"
#include "src/files/model_files.h"
#include "src/io/zip.h"

namespace strata {
namespace {

using testing::HasSubstr;

struct Golden { Arrays rows; Tensor prediction; };
Golden golden() {
  Golden g;
  const std::string file = golden_file("texts.npz");
  for (const auto& [name, t] : read_npz(read_file(file, 1 << 20), file)) {
    if (name == "prediction") g.prediction = t;
    else g.rows.add(name, t);
  }
  return g;
}

Tensor predicted(const Model& model, const Golden& g) { return model.predict(g.rows).columns()[0].second; }

std::vector<std::string> members(const std::string& file) {
  const Bytes bytes = read_file(file, 1 << 20);
  return ZipReader(bytes, file).names();
}

}  // namespace

TEST(TextFiles, AModelThatKerasAdaptedPredictsAsInKeras) {
  const Golden g = golden();
  expect_near(predicted(read_model(golden_file("texts.keras"), on_reference()), g), g.prediction, 1e-6);
}

TEST(TextFiles, WhatWasReadIsWrittenAsKerasWritesIt) {
  const char* keep = std::getenv("STRATA_INTEROP");
  const TemporaryFolder folder;
  const std::string file = (keep ? std::filesystem::path(keep) : folder.path()) / "texts.keras";
  const Golden g = golden();
  Model model = read_model(golden_file("texts.keras"), on_reference());
  model.save(file);
  EXPECT_THAT(members(file), testing::UnorderedElementsAreArray(members(golden_file("texts.keras"))));
  const Model again = read_model(file, on_reference());
  expect_near(predicted(again, g), g.prediction, 1e-6);
  EXPECT_EQ(model_file(again, file), model_file(model, file));
}

// A file of weights has no place for a vocabulary; Keras' to_json keeps it among the arguments.
TEST(TextFiles, AnotherModelTakesTheVocabulariesWithTheWeights) {
  const TemporaryFolder folder;
  const std::string file = folder / "small.keras";
  const auto build = [] {
    const auto x = Input({1}, {.dtype = DType::string});
    Layer words;
    words.assign(Config(ObjectConfig{"TextVectorization", {{"output_sequence_length", 4}}}));
    Layer embedding, pooling;
    embedding.assign(Config(ObjectConfig{"Embedding", {{"input_dim", 9}, {"output_dim", 2}}}));
    pooling.assign(Config(ObjectConfig{"GlobalAveragePooling1D", {}}));
    return Model(x, x | words | embedding | pooling, {}, on_reference());
  };
  const Tensor texts = Tensor::of<std::string>({3, 1}, {"a b", "b c", "b"});
  Model model = build();
  model.adapt(texts);
  model.save(file);
  Model other = build();
  EXPECT_THROW(other.predict(texts), Error);
  other.load_weights(file);
  EXPECT_TRUE(same_bytes(other.predict(texts).columns()[0].second, model.predict(texts).columns()[0].second));
  EXPECT_TRUE(other.layer("text_vectorization").argument("vocabulary") == Config(Config::List{"", "[UNK]", "b", "c", "a"}));
}

}  // namespace strata
