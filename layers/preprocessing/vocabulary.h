// What StringLookup, IntegerLookup and TextVectorization share: tokens and their numbers. The numbers begin with the mask token
// (where the output is numbers), then come num_oov_indices numbers for tokens that are not in the vocabulary, then the tokens.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <strata/layers/preprocessing/category.h>
#include <strata/layers/preprocessing/hash.h>

namespace strata {

// Arguments by which a lookup numbers its tokens, under the names that the layers give them. Token: std::string, std::int64_t.
template <class Token>
struct Numbering {
  std::string layer;
  std::optional<std::int64_t> max_tokens;
  std::int64_t num_oov_indices = 1;
  std::optional<Token> mask_token, oov_token;
  std::string output_mode = "int";
  bool pad_to_max_tokens = false;

  std::int64_t oov_start() const { return mask_token && output_mode == "int" ? 1 : 0; }
  std::int64_t token_start() const { return oov_start() + num_oov_indices; }
  std::vector<Token> special_tokens() const {
    std::vector<Token> special;
    if (oov_start()) special.push_back(*mask_token);
    if (oov_token) special.insert(special.end(), static_cast<std::size_t>(num_oov_indices), *oov_token);
    return special;
  }
  void check() const {
    const auto fail = [&](const std::string& what, const std::string& hint) { throw Error(ErrorKind::spec, layer + ": " + what, hint); };
    if (max_tokens && *max_tokens <= 1) fail("max_tokens must be greater than 1, received " + std::to_string(*max_tokens), "it counts the special tokens as well");
    if (pad_to_max_tokens && !max_tokens) fail("pad_to_max_tokens needs max_tokens", "give max_tokens");
    if (max_tokens && *max_tokens <= token_start())
      fail("max_tokens is " + std::to_string(*max_tokens) + ", and " + std::to_string(token_start()) + " of them are special tokens", "make max_tokens larger");
  }
};

inline std::string token_text(const std::string& token) { return "'" + token + "'"; }
inline std::string token_text(std::int64_t token) { return std::to_string(token); }

// The tokens in the order of their numbers, special ones apart, and the weights of tf_idf.
template <class Token>
class Vocabulary {
 public:
  // `given`: null, or a list of tokens, with or without the special ones in front; idf_weights in the same order.
  Vocabulary(const Numbering<Token>& numbering, const Config& given, const std::optional<std::vector<double>>& idf_weights) : numbering_(numbering) {
    numbering.check();
    const auto fail = [&](const std::string& what, const std::string& hint = {}) { throw Error(ErrorKind::spec, numbering.layer + ": " + what, hint); };
    const bool tf_idf = numbering.output_mode == "tf_idf";
    if (idf_weights && !tf_idf) fail("idf_weights are for output_mode tf_idf, which is " + numbering.output_mode + " here");
    if (given.is_null()) return;
    const auto* list = given.as<Config::List>();
    if (!list)
      fail("vocabulary must be a list of tokens, received " + given.str(),
           "a layer opens no file: write the tokens out, or leave vocabulary out to learn it from the data");
    for (const Config& item : *list) {
      const auto* token = item.as<Token>();
      if (!token)
        fail("vocabulary must be a list of " + std::string(std::is_same_v<Token, std::string> ? "texts" : "integers") + ", it holds " + item.str());
      tokens_.push_back(*token);
    }
    const std::vector<Token> special = numbering.special_tokens();
    const bool with_special = !special.empty() && special.size() <= tokens_.size() && std::equal(special.begin(), special.end(), tokens_.begin());
    if (with_special) tokens_.erase(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(special.size()));
    if (tokens_.empty()) fail("the vocabulary is empty");
    std::set<Token> seen;
    for (const Token& token : tokens_) {
      if (!seen.insert(token).second) fail("the vocabulary holds " + token_text(token) + " twice");
      if (numbering.mask_token && token == *numbering.mask_token)
        fail("the vocabulary holds the mask token " + token_text(token) + " among its tokens", "leave it out, or put all special tokens in front");
    }
    known_ = true;
    const std::int64_t size = numbering.token_start() + static_cast<std::int64_t>(tokens_.size());
    if (numbering.max_tokens && size > *numbering.max_tokens)
      fail("the vocabulary has " + std::to_string(size) + " tokens with the special ones, max_tokens is " + std::to_string(*numbering.max_tokens));
    if (!tf_idf) return;
    if (!idf_weights) fail("output_mode tf_idf with a vocabulary needs idf_weights", "give a weight for each token");
    idf_ = *idf_weights;
    const std::int64_t depth = this->depth(), n = static_cast<std::int64_t>(idf_.size());
    if (n == static_cast<std::int64_t>(tokens_.size())) {  // no weights of the unknown tokens: the mean of all
      const double mean = std::accumulate(idf_.begin(), idf_.end(), 0.0) / static_cast<double>(n);
      idf_.insert(idf_.begin(), static_cast<std::size_t>(numbering.token_start()), mean);
    } else if (n != size && n != depth) {
      fail("there are " + std::to_string(n) + " idf_weights and " + std::to_string(tokens_.size()) + " tokens");
    }
    idf_.resize(static_cast<std::size_t>(depth));
  }

  bool known() const { return known_; }
  const std::vector<Token>& tokens() const { return tokens_; }
  const Numbering<Token>& numbering() const { return numbering_; }

  // Numbers (-1: no token) as output_mode wants them.
  Value encode(Value numbers, DType dtype) const {
    const std::string& mode = numbering_.output_mode;
    if (mode == "int") return numbers;
    if (!known_ && !numbering_.pad_to_max_tokens)
      throw Error(ErrorKind::spec, numbering_.layer + ": output_mode " + mode + " needs to know how many tokens there are, and the vocabulary is not known yet",
                  "give max_tokens and pad_to_max_tokens: true, or the vocabulary");
    const Value y = encode_categories(numbering_.layer, numbers, mode == "tf_idf" ? "count" : mode, depth(), dtype);
    if (mode != "tf_idf") return y;
    std::vector<double> weights = idf_;
    weights.resize(static_cast<std::size_t>(depth()));
    return y * constant(y, Tensor::of<double>({depth()}, weights).astype(y.dtype()));
  }

 private:
  std::int64_t depth() const {
    return numbering_.pad_to_max_tokens ? *numbering_.max_tokens : numbering_.token_start() + static_cast<std::int64_t>(tokens_.size());
  }
  Numbering<Token> numbering_;
  bool known_ = false;
  std::vector<Token> tokens_;
  std::vector<double> idf_;  // by number
};

// Counts tokens: the vocabulary is the most frequent ones, of equally frequent ones the greatest first. A row is a document:
// the weight of a token that d of n documents hold is log(1 + n / (1 + d)).
template <class Token>
class TokenCount : public Adaptation {
 public:
  using Tokens = std::function<std::vector<Token>(std::span<const Token> row)>;
  TokenCount(Numbering<Token> numbering, Tokens tokens) : numbering_(std::move(numbering)), tokens_(std::move(tokens)) { numbering_.check(); }

  void observe(const Tensor& given) override {
    const Tensor batch = given.astype(dtype_of<Token>);
    const std::span<const Token> values = batch.values<Token>();
    const std::size_t rows = static_cast<std::size_t>(batch.dim(0)), row = rows ? values.size() / rows : 0;
    for (std::size_t r = 0; r < rows; ++r) {
      for (const Token& token : tokens_(values.subspan(r * row, row))) {
        Count& count = counts_[token];
        ++count.times;
        if (std::exchange(count.last_document, documents_) != documents_) ++count.documents;
      }
      ++documents_;
    }
  }

  std::map<std::string, Tensor> finish() override {
    if (numbering_.mask_token) counts_.erase(*numbering_.mask_token);
    if (numbering_.oov_token) counts_.erase(*numbering_.oov_token);
    if (counts_.empty()) throw Error(ErrorKind::data, numbering_.layer + ": the data hold no tokens to make a vocabulary of");
    std::vector<std::pair<Token, Count>> sorted(counts_.begin(), counts_.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return std::tie(a.second.times, a.first) > std::tie(b.second.times, b.first); });
    if (numbering_.max_tokens) sorted.resize(std::min(sorted.size(), static_cast<std::size_t>(*numbering_.max_tokens - numbering_.token_start())));
    const std::vector<Token> special = numbering_.special_tokens();
    std::vector<Token> vocabulary = special;
    std::vector<float> weights;
    for (const auto& [token, count] : sorted) {
      vocabulary.push_back(token);
      weights.push_back(static_cast<float>(std::log(1 + static_cast<double>(documents_) / (1 + static_cast<double>(count.documents)))));
    }
    std::map<std::string, Tensor> learned{{"vocabulary", Tensor::of<Token>({static_cast<std::int64_t>(vocabulary.size())}, vocabulary)}};
    if (numbering_.output_mode == "tf_idf") {
      const float mean = std::accumulate(weights.begin(), weights.end(), 0.0f) / static_cast<float>(weights.size());
      weights.insert(weights.begin(), special.size(), mean);
      learned["idf_weights"] = Tensor::of<float>({static_cast<std::int64_t>(weights.size())}, weights);
    }
    return learned;
  }

 private:
  struct Count { std::int64_t times = 0, documents = 0, last_document = -1; };
  Numbering<Token> numbering_;
  Tokens tokens_;
  std::unordered_map<Token, Count> counts_;
  std::int64_t documents_ = 0;
};

// token -> number on the host; a token that is not there has a number of unknown ones, the mask token 0 or -1.
inline std::function<std::int64_t(const std::string&)> numbers_of(const Vocabulary<std::string>& vocabulary, const HashKey& key = {}) {
  const auto& numbering = vocabulary.numbering();
  auto table = std::make_shared<std::unordered_map<std::string, std::int64_t>>();
  std::int64_t number = numbering.token_start();
  for (const std::string& token : vocabulary.tokens()) table->emplace(token, number++);
  if (numbering.mask_token) (*table)[*numbering.mask_token] = numbering.output_mode == "int" ? 0 : -1;
  return [table, known = vocabulary.known(), layer = numbering.layer,
          oov = numbering.num_oov_indices, start = numbering.oov_start(), key](const std::string& token) {
    if (!known)
      throw Error(ErrorKind::data, layer + ": its vocabulary is not known", "train the model or adapt it, or give the vocabulary");
    const auto found = table->find(token);
    if (found != table->end()) return found->second;
    if (oov == 0)
      throw Error(ErrorKind::data, layer + ": " + token_text(token) + " is not in the vocabulary, and num_oov_indices is 0",
                  "num_oov_indices: 1 gives unknown tokens a number");
    return oov == 1 ? start : start + hash_bucket(token, oov, key);
  };
}

}  // namespace strata
