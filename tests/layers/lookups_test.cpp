// Lookups against real Keras: tests/golden/make_lookups.py.
#include <strata/text_hash.h>
#include <strata/layers/preprocessing/integer_lookup.h>
#include <strata/layers/preprocessing/string_lookup.h>
#include <strata/layers/preprocessing/text_vectorization.h>

#include <fstream>

#include <gmock/gmock.h>

#include "src/graph/gradient.h"
#include "layers/golden.h"
#include "src/model/step.h"

namespace strata {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

// Rows of texts, integers or floats.
Tensor tensor_of(const Json& rows, DType dtype) {
  const auto count = static_cast<std::int64_t>(rows.size()), width = static_cast<std::int64_t>(rows[0].size());
  Tensor t(dtype, {count, width});
  for (std::int64_t i = 0; i < t.elements(); ++i) {
    const Json& v = rows[static_cast<std::size_t>(i / width)][static_cast<std::size_t>(i % width)];
    if (dtype == DType::string) t.values<std::string>()[static_cast<std::size_t>(i)] = v.get<std::string>();
    else if (dtype == DType::int64) t.values<std::int64_t>()[static_cast<std::size_t>(i)] = v.get<std::int64_t>();
    else t.set(i, v.get<double>());
  }
  return t;
}

void flatten(const Json& values, std::vector<double>& flat, std::vector<std::int64_t>& shape, std::size_t depth = 0) {
  if (!values.is_array()) return flat.push_back(values.get<double>());
  if (shape.size() == depth) shape.push_back(static_cast<std::int64_t>(values.size()));
  for (const Json& v : values) flatten(v, flat, shape, depth + 1);
}

Tensor output_of(const Layer& layer, const Tensor& x) {
  Variables variables;
  Trace trace(false);
  trace.enter(variables, 7);
  std::vector<Dim> dims{Dim::symbol("batch")};
  for (int i = 1; i < x.rank(); ++i) dims.push_back(x.dim(i));
  const Value in = trace.column("x", x.dtype(), Shape(dims));
  Scope scope(trace, "", true, DType::float32, DType::float32);
  trace.graph.outputs.push_back(port(scope.call("lookup", layer, Inputs({in}))[0]));
  const std::map<std::string, Tensor> columns = on_host(trace, {{"x", x}});
  Bindings bindings{{"batch", x.dim(0)}};
  for (const auto& [name, t] : columns)
    if (t.rank() > 1) bindings[name + ".1"] = t.dim(1);
  std::map<std::int64_t, Tensor> none;
  return interpret(specialize(trace.graph, bindings), columns, none)[0];
}

void set(Layer& layer, const std::string& argument, const Config& value) {
  const Schema& schema = layer.type().schema;
  schema.set(layer.object(), *schema.find(argument), value);
}

Layer texts_to_numbers(std::vector<const char*> words) {
  Config::List list;
  for (const char* word : words) list.emplace_back(word);
  return StringLookup{.vocabulary = list};
}

}  // namespace

TEST(Lookups, GiveWhatKerasGives) {
  std::ifstream file(std::string(STRATA_SOURCE_DIR) + "/tests/golden/lookups.json");
  const Json golden = Json::parse(file);
  ASSERT_GT(golden["cases"].size(), 50u);
  for (const Json& c : golden["cases"]) {
    const std::string kind = c["class"];
    SCOPED_TRACE(kind + " " + c["config"].dump());
    const DType dtype = c["input"][0][0].is_number_integer() ? DType::int64 : kind == "Discretization" ? DType::float32 : DType::string;
    Layer layer;
    layer.assign(Config(ObjectConfig{kind, *config_of(c["config"]).as<Config::Mapping>()}));
    if (c.contains("data")) {
      const Tensor data = tensor_of(c["data"], dtype);
      const auto adaptation = layer.adaptation();
      ASSERT_TRUE(adaptation);
      adaptation->observe(data.rows(0, 2));
      adaptation->observe(data.rows(2, data.dim(0)));
      for (const auto& [argument, value] : adaptation->finish()) {
        Config::List list;
        for (std::int64_t i = 0; i < value.elements(); ++i) {
          if (value.dtype() == DType::string) list.emplace_back(value.values<std::string>()[static_cast<std::size_t>(i)]);
          else if (value.dtype() == DType::int64) list.emplace_back(value.values<std::int64_t>()[static_cast<std::size_t>(i)]);
          else list.emplace_back(value.at(i));
        }
        if (argument == "vocabulary") {
          EXPECT_EQ(Config(list).str(), config_of(c["vocabulary"]).str());
        }
        if (argument == "bin_boundaries") {
          ASSERT_EQ(list.size(), c["bin_boundaries"].size());
          for (std::size_t i = 0; i < list.size(); ++i) EXPECT_NEAR(list[i].number(), c["bin_boundaries"][i].get<double>(), 1e-6);
        }
        set(layer, argument, list);
      }
      EXPECT_FALSE(layer.adaptation());  // what is known is not learned again
    }
    const Tensor y = output_of(layer, tensor_of(c["input"], dtype));
    std::vector<double> expected;
    std::vector<std::int64_t> shape;
    flatten(c["output"], expected, shape);
    ASSERT_EQ(y.shape(), shape);
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(y.at(static_cast<std::int64_t>(i)), expected[i], 1e-6) << "element " << i;
  }
}

// What TensorFlow's string_to_hash_bucket_fast and _strong (key 1337, 42) give for 2^62 buckets: each length has its own way.
TEST(Fingerprint, IsTensorFlows) {
  std::string fox;
  for (int i = 0; i < 20; ++i) fox += "the quick brown fox ";
  const std::vector<std::string> texts = {"", "a", "abc", "abcd", "abcdefgh", "0123456789abcdef", "0123456789abcdefg", std::string(32, 'x'),
                                          std::string(33, 'x') + "y", std::string(64, 'z'), std::string(65, 'q'), fox};
  const std::int64_t fast[] = {1936946117179621455, 3694432073954588131, 2640714258260161385, 1897425971756105985, 4533385575889643785, 1493332391325024359,
                               2800675501336285770, 3678204687145032709, 3456018581291286719, 294799756062990872, 3080958293828885289, 2180532654386028743};
  const std::int64_t strong[] = {2933010212877034535, 1164933248920192942, 2758976636142947714, 3919465668837061414, 1822379442296592032, 271085784637598343,
                                 4441854745025930436, 1495940083392907252, 2567200034407211438, 1391613977537268970, 3913884428846162546, 2992247849997646760};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(hash_bucket(texts[i], std::int64_t{1} << 62, {}), fast[i]) << texts[i];
    EXPECT_EQ(hash_bucket(texts[i], std::int64_t{1} << 62, HashKey({1337, 42})), strong[i]) << texts[i];
  }
}

TEST(Lookups, ConfigsGoRoundAndTyposAreFound) {
  for (const Layer& layer : {Layer(StringLookup{.max_tokens = 9, .mask_token = ""}), Layer(IntegerLookup{.vocabulary = Config::List{5, 7}}),
                             Layer(TextVectorization{.split = std::nullopt, .ngrams = Config::List{1, 2}})}) {
    Layer again;
    again.assign(layer.config());
    EXPECT_TRUE(again.config() == layer.config());
    EXPECT_THROW(again.assign(Config(ObjectConfig{layer.name(), {{"vocabularly", 1}}})), Error);
  }
}

TEST(Lookups, SayWhatTheyTake) {
  const auto error = [](const Layer& layer, const Tensor& x) -> std::string {
    try {
      output_of(layer, x);
      return "no error";
    } catch (const Error& e) {
      return std::string(e.what()) + "; " + e.hint();
    }
  };
  const Tensor texts = Tensor::of<std::string>({2, 1}, {"a", "b"}), numbers = Tensor::of<std::int64_t>({2, 1}, {1, 2});
  EXPECT_THAT(error(StringLookup{}, texts), HasSubstr("its vocabulary is not known"));
  EXPECT_THAT(error(StringLookup{.output_mode = "multi_hot"}, texts), HasSubstr("give max_tokens and pad_to_max_tokens: true, or the vocabulary"));
  EXPECT_THAT(error(texts_to_numbers({"a", "a"}), texts), HasSubstr("holds 'a' twice"));
  EXPECT_THAT(error(StringLookup{.num_oov_indices = 0, .vocabulary = Config::List{"a"}}, texts), HasSubstr("'b' is not in the vocabulary"));
  EXPECT_THAT(error(StringLookup{.vocabulary = "words.txt"}, texts), HasSubstr("a layer opens no file"));
  EXPECT_THAT(error(StringLookup{.vocabulary = Config::List{"a"}, .invert = true}, texts), HasSubstr("no device holds"));
  EXPECT_THAT(error(texts_to_numbers({"a"}), numbers), HasSubstr("StringLookup takes texts, received int64"));
  EXPECT_THAT(error(IntegerLookup{.vocabulary = Config::List{"a"}}, numbers), HasSubstr("list of integers, it holds a"));
  EXPECT_THAT(error(TextVectorization{.ragged = true}, texts), HasSubstr("ragged: true is not supported"));
  EXPECT_THAT(error(TextVectorization{}, Tensor::of<std::string>({1, 2}, {"a", "b"})), HasSubstr("takes one text per row"));
  EXPECT_THAT(error(TextVectorization{.ngrams = 0}, texts), HasSubstr("ngrams must be a number from 1 on"));
  EXPECT_THAT(error(TextVectorization{.max_tokens = 2}, texts), HasSubstr("2 of them are special tokens"));
}

}  // namespace strata
