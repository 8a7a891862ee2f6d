#pragma once

#include <strata/layers/preprocessing/vocabulary.h>

namespace strata {

// Integers to their numbers in a vocabulary, given or learned by adapt; or to vectors of them.
struct IntegerLookup {
  std::optional<std::int64_t> max_tokens = {};
  std::int64_t num_oov_indices = 1;
  std::optional<std::int64_t> mask_token = {};
  std::optional<std::int64_t> oov_token = -1;
  Config vocabulary = {};
  std::string vocabulary_dtype = "int64";
  std::optional<std::vector<double>> idf_weights = {};
  bool invert = false;
  std::string output_mode = "int";
  bool sparse = false;
  bool pad_to_max_tokens = false;
  std::string oov_method = "floormod";
  Config salt = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr bool autocast = false;  // integers given as floats keep their digits in a half precision policy

  static Schema schema() {
    return describe<IntegerLookup>("IntegerLookup", "Integers to their numbers in a vocabulary.",
        field("max_tokens", &IntegerLookup::max_tokens, "Largest size of the vocabulary, special tokens included."),
        field("num_oov_indices", &IntegerLookup::num_oov_indices,
              "How many numbers stand for integers that are not in the vocabulary; the integer mod this, or a hash of it, says which.",
              at_least(1)),
        field("mask_token", &IntegerLookup::mask_token, "Integer that means nothing: number 0, or no category in the other output modes."),
        field("oov_token", &IntegerLookup::oov_token,
              "What the vocabulary calls an integer that is not in it; what invert gives for its number."),
        field("vocabulary", &IntegerLookup::vocabulary, "List of integers in the order of their numbers; null: learned from the data."),
        field("vocabulary_dtype", &IntegerLookup::vocabulary_dtype, "Dtype of the vocabulary.", one_of({"int64"})),
        field("idf_weights", &IntegerLookup::idf_weights, "With tf_idf and a vocabulary: a weight for each integer."),
        field("invert", &IntegerLookup::invert, "From numbers to the integers of the vocabulary."),
        field("output_mode", &IntegerLookup::output_mode,
              "int: numbers; one_hot, multi_hot, count, tf_idf: vectors of the vocabulary's size.", category_modes(true, true)),
        field("sparse", &IntegerLookup::sparse, "Sparse vectors; not supported."),
        field("pad_to_max_tokens", &IntegerLookup::pad_to_max_tokens,
              "Whether vectors have max_tokens elements, however small the vocabulary is."),
        field("oov_method", &IntegerLookup::oov_method,
              "How an unknown integer takes one of several num_oov_indices; farmhash runs on the host.", one_of({"floormod", "farmhash"})),
        field("salt", &IntegerLookup::salt, "Key of the hash of oov_method farmhash: an integer, or two; null: no key."),
        layer_fields<IntegerLookup>());
  }

  std::unique_ptr<Adaptation> adaptation() const {
    if (!vocabulary.is_null()) return nullptr;
    return std::make_unique<TokenCount<std::int64_t>>(
        numbering(), [](std::span<const std::int64_t> row) { return std::vector<std::int64_t>(row.begin(), row.end()); });
  }

  Value call(Scope& s, Value input) const {
    const auto fail = [](const std::string& what, const std::string& hint) { throw Error(ErrorKind::spec, "IntegerLookup: " + what, hint); };
    refuse_sparse("IntegerLookup", sparse);
    const bool hashes = oov_method == "farmhash" && num_oov_indices > 1;
    if (!salt.is_null() && oov_method != "farmhash") fail("salt is for oov_method farmhash, which is " + oov_method + " here", "leave salt out");
    if (invert && output_mode != "int") fail("invert needs output_mode int, which is " + output_mode + " here", "leave output_mode out");
    const Vocabulary<std::int64_t> words(numbering(), vocabulary, idf_weights);
    const Value x = cast(input, DType::int64);
    const std::vector<std::int64_t>& tokens = words.tokens();
    const std::int64_t first = words.numbering().token_start(), count = static_cast<std::int64_t>(tokens.size());
    const auto list = [](const std::vector<std::int64_t>& v) { return Tensor::of<std::int64_t>({static_cast<std::int64_t>(v.size())}, v); };
    const auto whole = [&](std::int64_t v) { return constant(x, Tensor::of<std::int64_t>({1}, {v})); };
    if (invert) {
      if (!oov_token) fail("invert needs oov_token, the integer for unknown numbers", "give oov_token");
      Value y = whole(*oov_token);
      if (count > 0) y = select(logical_and(x >= first, x < first + count), gather(constant(x, list(tokens)), x - first), y);
      if (mask_token) y = select(equal(x, 0), whole(*mask_token), y);
      return broadcast_to(y, x.shape());
    }
    const auto bucket = [&] {
      if (!hashes) return mod(x, num_oov_indices);
      return s.on_host(input, DType::int64, x.shape(), [count = num_oov_indices, key = hash_key("IntegerLookup", salt)](const Tensor& rows) {
        Tensor y(DType::int64, rows.shape());
        for (std::size_t i = 0; i < y.values<std::int64_t>().size(); ++i) y.values<std::int64_t>()[i] = hash_bucket(hashed_text(rows, i), count, key);
        return y;
      });
    };
    const Value first_unknown = whole(words.numbering().oov_start());
    Value number = num_oov_indices == 1 ? broadcast_to(first_unknown, x.shape()) : bucket() + first_unknown;
    if (count > 0) {  // the place among the sorted tokens, and from there the number
      std::vector<std::int64_t> order(tokens.size()), sorted;
      std::iota(order.begin(), order.end(), 0);
      const auto token = [&](std::int64_t i) { return tokens[static_cast<std::size_t>(i)]; };
      std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return token(a) < token(b); });
      for (const std::int64_t i : order) sorted.push_back(token(i));
      const Value place = search_sorted(x, list(sorted)) - 1;
      const Value there = equal(gather(constant(x, list(sorted)), place), x);
      number = select(there, gather(constant(x, list(order)), place) + first, number);
    }
    if (mask_token) number = select(equal(x, whole(*mask_token)), output_mode == "int" ? 0 : -1, number);
    return words.encode(number, s.compute_dtype());
  }

 private:
  Numbering<std::int64_t> numbering() const {
    return {"IntegerLookup", max_tokens, num_oov_indices, mask_token, oov_token, output_mode, pad_to_max_tokens};
  }
};

}  // namespace strata
