#include "src/spec/suggest.h"

#include <algorithm>
#include <tuple>

namespace strata {
namespace {

struct Synonym {
  std::string_view word, name;
};

// Words of other libraries, of papers and of habit, and Keras' name. A word may have several.
constexpr Synonym synonyms[] = {
    {"lr", "learning_rate"}, {"alpha", "negative_slope"}, {"eta", "learning_rate"}, {"step_size", "learning_rate"},
    {"learningrate", "learning_rate"}, {"bs", "batch_size"}, {"batch", "batch_size"}, {"minibatch", "batch_size"},
    {"n_epochs", "epochs"}, {"num_epochs", "epochs"}, {"nb_epoch", "epochs"}, {"max_epochs", "epochs"},
    {"iterations", "epochs"}, {"hidden_units", "units"}, {"n_units", "units"}, {"num_units", "units"},
    {"hidden_size", "units"}, {"size", "units"}, {"width", "units"}, {"out_features", "units"}, {"neurons", "units"},
    {"output_dim", "units"}, {"out_channels", "filters"}, {"channels", "filters"}, {"n_filters", "filters"},
    {"num_filters", "filters"}, {"kernel", "kernel_size"}, {"filter_size", "kernel_size"}, {"ksize", "kernel_size"},
    {"kernel_shape", "kernel_size"}, {"stride", "strides"}, {"pad", "padding"}, {"dilation", "dilation_rate"},
    {"pool", "pool_size"}, {"p", "rate"}, {"dropout_rate", "rate"}, {"drop_rate", "rate"}, {"prob", "rate"},
    {"bias", "use_bias"}, {"eps", "epsilon"}, {"beta1", "beta_1"}, {"beta2", "beta_2"}, {"betas", "beta_1"},
    {"wd", "weight_decay"}, {"l2", "weight_decay"}, {"decay", "weight_decay"}, {"clip_norm", "clipnorm"},
    {"clip_value", "clipvalue"}, {"max_norm", "clipnorm"}, {"nonlinearity", "activation"}, {"act", "activation"},
    {"init", "kernel_initializer"}, {"weight_initializer", "kernel_initializer"}, {"criterion", "loss"},
    {"objective", "loss"}, {"random_seed", "seed"}, {"random_state", "seed"}, {"device", "backend"}, {"gpu", "cuda"},
    {"val_split", "validation_split"}, {"val", "validation"}, {"valid", "validation"}, {"test_split", "validation_split"},
    {"heads", "num_heads"}, {"n_heads", "num_heads"}, {"d_k", "key_dim"},
    {"head_dim", "key_dim"}, {"vocab_size", "input_dim"}, {"num_embeddings", "input_dim"}, {"embedding_dim", "output_dim"},
    {"input_shape", "shape"}, {"inputs_shape", "shape"}, {"type", "class_name"}, {"linear", "dense"}, {"fc", "dense"},
    {"fullyconnected", "dense"}, {"conv", "conv2d"}, {"maxpool", "maxpooling2d"}, {"maxpool2d", "maxpooling2d"},
    {"avgpool2d", "averagepooling2d"}, {"batchnorm", "batchnormalization"}, {"bn", "batchnormalization"},
    {"layernorm", "layernormalization"}, {"cross_entropy", "categorical_crossentropy"},
    {"crossentropy", "categorical_crossentropy"}, {"mse_loss", "mean_squared_error"}, {"acc", "accuracy"},
    {"earlystop", "earlystopping"}, {"checkpoint", "modelcheckpoint"}, {"swish", "silu"},
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates, std::size_t count) {
  if (word.empty() || word.size() > 256) return {};  // longer words are no names, and the distance is quadratic
  const std::string low_word = lower(word);
  // In words of up to three letters two edits reach anything.
  const std::size_t limit = word.size() <= 3 ? 1 : std::max<std::size_t>(2, word.size() / 3);
  std::vector<std::tuple<std::size_t, std::size_t, std::size_t>> found;  // distance, with case, index
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::string low_name = lower(candidates[i]);
    const bool synonym = std::any_of(std::begin(synonyms), std::end(synonyms),
                                     [&](const Synonym& s) { return s.word == low_word && s.name == low_name; });
    const std::size_t longer = std::max(low_word.size(), low_name.size());
    if (!synonym && longer - std::min(low_word.size(), low_name.size()) > limit) continue;
    const std::size_t distance = synonym ? 0 : edit_distance(low_word, low_name);
    if (distance <= limit && distance < longer) found.emplace_back(distance, edit_distance(word, candidates[i]), i);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (const auto& [distance, with_case, index] : found)
    if (names.size() < count) names.push_back(candidates[index]);
  return names;
}

std::optional<std::string> suggest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string> names = nearest(word, candidates, 1);
  return names.empty() ? std::nullopt : std::optional(names.front());
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto name = suggest(word, candidates);
  return name ? "did you mean '" + *name + "'?" : std::string();
}

}  // namespace strata
