#pragma once

#include <strata/layers/preprocessing/vocabulary.h>
#include <strata/text.h>

namespace strata {

// A text per row (N) or (N, 1), standardized, split into tokens, joined to ngrams: to numbers (N, tokens) in a vocabulary, given
// or learned by adapt, or to vectors of them. It runs on the host. Rows are padded with 0 to output_sequence_length; where it is
// null to the longest row of the data that are predicted in one batch, or trained or evaluated on as a whole.
struct TextVectorization {
  std::optional<std::int64_t> max_tokens = {};
  std::optional<std::string> standardize = "lower_and_strip_punctuation";
  std::optional<std::string> split = "whitespace";
  Config ngrams = {};
  std::string output_mode = "int";
  std::optional<std::int64_t> output_sequence_length = {};
  bool pad_to_max_tokens = false;
  Config vocabulary = {};
  std::optional<std::vector<double>> idf_weights = {};
  bool sparse = false;
  bool ragged = false;
  std::string encoding = "utf-8";
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<TextVectorization>("TextVectorization", "Texts to the numbers of their words.",
        field("max_tokens", &TextVectorization::max_tokens, "Largest size of the vocabulary, special tokens included."),
        field("standardize", &TextVectorization::standardize,
              "What is done to a text first: ASCII letters to lower case, ASCII punctuation out, or null: nothing.",
              one_of({"lower_and_strip_punctuation", "lower", "strip_punctuation"})),
        field("split", &TextVectorization::split,
              "Where a text is split: at white space, or into characters; null: not at all.", one_of({"whitespace", "character"})),
        field("ngrams", &TextVectorization::ngrams,
              "n: runs of 1 to n tokens are tokens; a list: runs of these lengths; null: tokens alone."),
        field("output_mode", &TextVectorization::output_mode,
              "int: numbers; multi_hot, count, tf_idf: a vector of the vocabulary's size for each text.",
              category_modes(true, true)),
        field("output_sequence_length", &TextVectorization::output_sequence_length,
              "With int: every row is padded or cut to this length; null: to the longest.", at_least(1)),
        field("pad_to_max_tokens", &TextVectorization::pad_to_max_tokens,
              "Whether vectors have max_tokens elements, however small the vocabulary is."),
        field("vocabulary", &TextVectorization::vocabulary, "List of tokens in the order of their numbers; null: learned from the data."),
        field("idf_weights", &TextVectorization::idf_weights, "With tf_idf and a vocabulary: a weight for each token."),
        field("sparse", &TextVectorization::sparse, "Sparse vectors; not supported."),
        field("ragged", &TextVectorization::ragged, "Rows of their own lengths; not supported."),
        field("encoding", &TextVectorization::encoding, "Encoding of the texts.", one_of({"utf-8"})),
        layer_fields<TextVectorization>());
  }

  std::unique_ptr<Adaptation> adaptation() const {
    if (!vocabulary.is_null()) return nullptr;
    return std::make_unique<TokenCount<std::string>>(numbering(), tokens());
  }

  Value call(Scope& s, Value x) const {
    refuse_sparse("TextVectorization", sparse);
    const auto fail = [](const std::string& what, const std::string& hint = {}) { throw Error(ErrorKind::spec, "TextVectorization: " + what, hint); };
    if (ragged) fail("ragged: true is not supported, rows are padded with 0", "leave ragged out; Embedding's mask_zero skips the padding");
    if (output_mode == "one_hot") fail("output_mode one_hot is not supported", "use multi_hot");
    if (output_mode != "int" && output_sequence_length) fail("output_sequence_length is for output_mode int, which is " + output_mode + " here");
    if (x.dtype() != DType::string) fail("it takes texts, received " + std::string(name_of(x.dtype())), "declare the input with dtype: string");
    if (x.rank() > 2 || (split && x.rank() == 2 && x.dim(1) != Dim(1)))
      fail("it takes one text per row, (batch) or (batch, 1), received " + x.shape().str(), "with split: null a row may hold several tokens");
    const Vocabulary<std::string> words(numbering(), vocabulary, idf_weights);
    const std::int64_t padding = output_mode == "int" ? 0 : -1;
    const Value numbers = s.on_host(x, DType::int64, {x.dim(0), output_sequence_length.value_or(-1)},
                                    [number = numbers_of(words), tokens = tokens(), length = output_sequence_length, padding](const Tensor& texts) {
      const std::span<const std::string> values = texts.values<std::string>();
      const std::size_t rows = static_cast<std::size_t>(texts.dim(0)), row = rows ? values.size() / rows : 0;
      std::vector<std::vector<std::int64_t>> numbered(rows);
      std::size_t longest = 1;  // an axis of no tokens would have no mean
      for (std::size_t r = 0; r < rows; ++r) {
        for (const std::string& token : tokens(values.subspan(r * row, row))) numbered[r].push_back(number(token));
        longest = std::max(longest, numbered[r].size());
      }
      if (length) longest = static_cast<std::size_t>(*length);
      Tensor y(DType::int64, {texts.dim(0), static_cast<std::int64_t>(longest)});
      const std::span<std::int64_t> out = y.values<std::int64_t>();
      std::fill(out.begin(), out.end(), padding);
      for (std::size_t r = 0; r < rows; ++r)
        std::copy_n(numbered[r].begin(), std::min(longest, numbered[r].size()), out.begin() + static_cast<std::ptrdiff_t>(r * longest));
      return y;
    });
    return words.encode(numbers, s.compute_dtype());
  }

 private:
  Numbering<std::string> numbering() const { return {"TextVectorization", max_tokens, 1, "", "[UNK]", output_mode, pad_to_max_tokens}; }

  std::vector<std::int64_t> widths() const {
    std::vector<std::int64_t> widths;
    if (const auto* n = ngrams.as<std::int64_t>()) {
      for (std::int64_t i = 1; i <= *n; ++i) widths.push_back(i);
    } else if (const auto* list = ngrams.as<Config::List>()) {
      for (const Config& c : *list)
        if (const auto* n = c.as<std::int64_t>()) widths.push_back(*n);
      if (widths.size() != list->size()) widths.clear();
    }
    const bool good = ngrams.is_null() || (!widths.empty() && *std::min_element(widths.begin(), widths.end()) >= 1);
    if (!good) throw Error(ErrorKind::spec, "TextVectorization: ngrams must be a number from 1 on or a list of them, received " + ngrams.str());
    return widths;
  }

  // The tokens of a row of texts.
  TokenCount<std::string>::Tokens tokens() const {
    const bool lower = standardize == "lower" || standardize == "lower_and_strip_punctuation";
    const bool strip = standardize == "strip_punctuation" || standardize == "lower_and_strip_punctuation";
    return [lower, strip, split = split, widths = widths()](std::span<const std::string> row) {
      std::vector<std::string> tokens;
      for (std::string text : row) {
        if (lower) text = lower_case(std::move(text));
        if (strip) text = without_punctuation(std::move(text));
        if (!split) tokens.push_back(std::move(text));
        else for (std::string& token : *split == "whitespace" ? split_words(text) : split_characters(text)) tokens.push_back(std::move(token));
      }
      return widths.empty() ? tokens : strata::ngrams(tokens, widths);
    };
  }
};

}  // namespace strata
