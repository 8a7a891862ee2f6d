// Texts from a column to a trained model: what the host does, what adapt learns and when, what is refused.
#include <strata/layers/core/dense.h>
#include <strata/layers/core/embedding.h>
#include <strata/layers/pooling/global_average_pooling1d.h>
#include <strata/layers/preprocessing/normalization.h>
#include <strata/layers/preprocessing/rescaling.h>
#include <strata/layers/preprocessing/string_lookup.h>
#include <strata/layers/preprocessing/text_vectorization.h>
#include <strata/losses/binary_crossentropy.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>

#include <gmock/gmock.h>

#include "src/model/model_state.h"

namespace strata {
namespace {

using testing::HasSubstr;

struct Reviews { Tensor texts, labels; };
// Good and bad words among words that mean nothing.
Reviews reviews(std::int64_t rows) {
  const char* good[] = {"great", "lovely", "superb"};
  const char* bad[] = {"awful", "boring", "terrible"};
  const char* other[] = {"the", "film", "was", "and", "plot"};
  Reviews r{Tensor(DType::string, {rows, 1}), Tensor(DType::int64, {rows, 1})};
  for (std::int64_t i = 0; i < rows; ++i) {
    const bool is_good = i * 7919 % 5 < 2;
    const char* word = (is_good ? good : bad)[i * 31 % 3];
    r.texts.values<std::string>()[static_cast<std::size_t>(i)] = std::string(other[i % 5]) + " " + other[i * 3 % 5] + ", " + word + "! " + other[i * 11 % 5];
    r.labels.set(i, is_good);
  }
  return r;
}

Model classifier(const RunOptions& run = {.threads = 2}) {
  const auto x = Input({1}, {.name = "text", .dtype = DType::string});
  Model model(x, x | TextVectorization{.output_sequence_length = 6} | Embedding{.input_dim = 32, .output_dim = 8} | GlobalAveragePooling1D{} |
                     Dense{.units = 1, .activation = "sigmoid"}, {}, run);
  model.compile({.optimizer = Adam{.learning_rate = 0.05}, .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

// "||[UNK]|b|": each token between bars.
std::string vocabulary(const Model& model, const std::string& layer = "text_vectorization") {
  const Config tokens = model.layer(layer).argument("vocabulary");
  std::string text = "|";
  for (const Config& token : *tokens.as<Config::List>()) text += *token.as<std::string>() + "|";
  return text;
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
    return "no error";
  } catch (const Error& e) {
    return std::string(e.what()) + "; " + e.hint();
  }
}

}  // namespace

TEST(Texts, AClassifierLearnsAndPredictsNewRows) {
  const Reviews r = reviews(120);
  Model model = classifier();
  model.fit(r.texts, r.labels, {.batch_size = 16, .epochs = 8, .verbose = 0});
  EXPECT_GT(*find_log(model.evaluate(r.texts, r.labels), "accuracy"), 0.99);
  const Tensor y = model.predict(Tensor::of<std::string>({2}, {"The film was SUPERB!", "awful, awful plot"})).columns()[0].second;
  EXPECT_GT(y.at(0), 0.5);
  EXPECT_LT(y.at(1), 0.5);
}

TEST(Texts, AnyNumberOfThreadsGivesTheSameBytes) {
  const Reviews r = reviews(60);
  std::map<std::string, Tensor> first;
  for (const int threads : {1, 2, 4}) {
    Model model = classifier({.threads = threads});
    model.fit(r.texts, r.labels, {.epochs = 2, .verbose = 0});
    const auto weights = model.weights();
    if (first.empty()) first = weights;
    for (const auto& [path, w] : weights) EXPECT_TRUE(same_bytes(w, first.at(path))) << path << " at " << threads << " threads";
  }
}

TEST(Texts, BagsOfWordsAreVectorsOfMaxTokens) {
  const Reviews r = reviews(120);
  for (const char* mode : {"multi_hot", "count", "tf_idf"}) {
    const auto x = Input({1}, {.dtype = DType::string});
    Model model(x, x | TextVectorization{.max_tokens = 20, .output_mode = mode, .pad_to_max_tokens = true} | Dense{.units = 1, .activation = "sigmoid"});
    EXPECT_EQ(model.summary().layers[1].output_shapes[0].str(), "(None, 20)");
    model.compile({.optimizer = Adam{.learning_rate = 0.05}, .loss = "binary_crossentropy", .metrics = {"accuracy"}});
    model.fit(r.texts, r.labels, {.batch_size = 16, .epochs = 8, .verbose = 0});
    EXPECT_GT(*find_log(model.evaluate(r.texts, r.labels), "accuracy"), 0.99) << mode;
  }
}

TEST(Texts, TheVocabularyIsOfTheTrainingRowsAndIsLearnedOnce) {
  const Tensor texts = Tensor::of<std::string>({4}, {"a b", "b", "c", "d"}), y = Tensor::of<float>({4, 1}, {0, 1, 0, 1});
  Model model = classifier();
  model.fit(texts, y, {.verbose = 0, .validation_split = 0.5});
  EXPECT_EQ(vocabulary(model), "||[UNK]|b|a|");
  model.fit(Tensor::of<std::string>({1}, {"e"}), Tensor::of<float>({1, 1}, {0}), {.verbose = 0});
  EXPECT_EQ(vocabulary(model), "||[UNK]|b|a|");
  model.adapt(texts);
  EXPECT_EQ(vocabulary(model), "||[UNK]|b|d|c|a|");
}

// A lookup's numbers are there when the Normalization behind it takes its statistics.
TEST(Texts, AdaptGoesInGraphOrder) {
  const auto x = Input({1}, {.dtype = DType::string});
  Model model(x, x | StringLookup{} | Normalization{.axis = std::nullopt});
  model.adapt(Tensor::of<std::string>({4}, {"a", "b", "b", "b"}));  // numbers 2 1 1 1
  EXPECT_EQ(vocabulary(model, "string_lookup"), "|[UNK]|b|a|");
  EXPECT_DOUBLE_EQ(model.weights().at("normalization/mean").at(0), 1.25);
}

// Layers of a model inside a model learn from what enters them there: behind the layers of both models that stand before.
TEST(Texts, AdaptReachesIntoInnerModels) {
  const auto word = Input({1}, {.dtype = DType::string});
  const Layer deepest = Model(word, word | StringLookup{} | Normalization{.axis = std::nullopt}, {.name = "deepest"}).as_layer();
  const auto text = Input({1}, {.dtype = DType::string});
  const auto number = Input({1});
  const Layer inner = Model({text, number}, {text | deepest, number | Normalization{}}, {.name = "inner"}).as_layer();
  const auto x = Input({1}, {.name = "x", .dtype = DType::string}), y = Input({1}, {.name = "y"});
  const auto scaled = y | Rescaling{.scale = 10.0};
  const LayerOutput outputs = call(inner, {x, scaled});
  Model model({x, y}, {outputs[0] | Dense{.units = 1}, outputs[1]});
  model.compile({.loss = "mse"});
  const Arrays rows({{"x", Tensor::of<std::string>({4, 1}, {"a", "b", "b", "b"})}, {"y", Tensor::of<float>({4, 1}, {1, 2, 3, 4})}});
  model.adapt(rows);
  const auto weights = model.weights();
  EXPECT_DOUBLE_EQ(weights.at("inner/deepest/normalization/mean").at(0), 1.25);
  EXPECT_DOUBLE_EQ(weights.at("inner/normalization/mean").at(0), 25);
  const Tensor predicted = model.predict(rows).columns()[1].second;
  EXPECT_NEAR(predicted.at(0), -15 / std::sqrt(125.0), 1e-6);
}

TEST(Texts, WithoutALengthRowsAreAsLongAsTheLongest) {
  const auto x = Input({}, {.dtype = DType::string});
  Model model(x, x | TextVectorization{.vocabulary = Config::List{"a", "b"}} | Embedding{.input_dim = 4, .output_dim = 1});
  EXPECT_EQ(model.predict(Tensor::of<std::string>({2}, {"a b a", "b"})).columns()[0].second.shape(), (std::vector<std::int64_t>{2, 3, 1}));
  EXPECT_EQ(model.predict(Tensor::of<std::string>({1}, {""})).columns()[0].second.shape(), (std::vector<std::int64_t>{1, 1, 1}));
}

TEST(Texts, StayOnTheHost) {
  const auto x = Input({1}, {.name = "text", .dtype = DType::string});
  EXPECT_THAT(error_of([&] { Model(x, x | Dense{.units = 1}); }), HasSubstr("layer 'dense' (Dense), fed by 'text' (None, 1): "));
  EXPECT_THAT(error_of([&] { Model(x, x | Dense{.units = 1}); }), HasSubstr("no device holds texts"));
  const auto numbers = Input({3});
  Model plain(numbers, numbers | Dense{.units = 1});
  EXPECT_THAT(error_of([&] { plain.predict(Tensor::of<std::string>({1, 3}, {"a", "b", "c"})); }), HasSubstr("takes numbers, received texts"));
  EXPECT_THAT(error_of([&] { classifier().predict(Tensor(DType::float32, {2, 1})); }), HasSubstr("the input 'text' takes texts, received numbers"));
  EXPECT_THAT(error_of([&] { classifier().predict(Tensor::of<std::string>({1}, {"a"})); }), HasSubstr("its vocabulary is not known"));
}

TEST(Texts, ATensorOfTextsIsNoTensorOfNumbers) {
  const Tensor t = Tensor::of<std::string>({3}, {"a", "", "longer than any small string optimisation would hold"});
  EXPECT_EQ(t.str(), "string (3,)");
  EXPECT_TRUE(same_bytes(t.clone(), t));
  EXPECT_EQ(t.rows(1, 3).values<std::string>()[1], t.values<std::string>()[2]);
  EXPECT_EQ(t.rows(std::vector<std::int64_t>{2, 0}).values<std::string>()[1], "a");
  EXPECT_THAT(error_of([&] { t.at(0); }), HasSubstr("holds texts where numbers are needed"));
  EXPECT_THAT(error_of([&] { t.astype(DType::float32); }), HasSubstr("holds texts"));
  EXPECT_THAT(error_of([&] { Tensor::scalar(1.0f).astype(DType::string); }), HasSubstr("texts are needed"));
}

}  // namespace strata
