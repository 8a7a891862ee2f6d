#pragma once

#include <strata/layers/preprocessing/vocabulary.h>

namespace strata {

// Texts to their numbers in a vocabulary, given or learned by adapt; or to vectors of them. It runs on the host.
struct StringLookup {
  std::optional<std::int64_t> max_tokens = {};
  std::int64_t num_oov_indices = 1;
  std::optional<std::string> mask_token = {};
  std::optional<std::string> oov_token = "[UNK]";
  Config vocabulary = {};
  std::optional<std::vector<double>> idf_weights = {};
  bool invert = false;
  std::string output_mode = "int";
  bool pad_to_max_tokens = false;
  bool sparse = false;
  std::string encoding = "utf-8";
  Config salt = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<StringLookup>("StringLookup", "Texts to their numbers in a vocabulary.",
        field("max_tokens", &StringLookup::max_tokens, "Largest size of the vocabulary, special tokens included."),
        field("num_oov_indices", &StringLookup::num_oov_indices,
              "How many numbers stand for texts that are not in the vocabulary; a hash says which.", at_least(0)),
        field("mask_token", &StringLookup::mask_token, "Text that means nothing: number 0, or no category in the other output modes."),
        field("oov_token", &StringLookup::oov_token, "What the vocabulary calls a text that is not in it."),
        field("vocabulary", &StringLookup::vocabulary, "List of texts in the order of their numbers; null: learned from the data."),
        field("idf_weights", &StringLookup::idf_weights, "With tf_idf and a vocabulary: a weight for each text."),
        field("invert", &StringLookup::invert, "From numbers to texts; not supported: no device holds texts."),
        field("output_mode", &StringLookup::output_mode,
              "int: numbers; one_hot, multi_hot, count, tf_idf: vectors of the vocabulary's size.", category_modes(true, true)),
        field("pad_to_max_tokens", &StringLookup::pad_to_max_tokens,
              "Whether vectors have max_tokens elements, however small the vocabulary is."),
        field("sparse", &StringLookup::sparse, "Sparse vectors; not supported."),
        field("encoding", &StringLookup::encoding, "Encoding of the texts.", one_of({"utf-8"})),
        field("salt", &StringLookup::salt, "Key of the hash of unknown texts: an integer, or two; null: no key."),
        layer_fields<StringLookup>());
  }

  std::unique_ptr<Adaptation> adaptation() const {
    if (!vocabulary.is_null()) return nullptr;
    return std::make_unique<TokenCount<std::string>>(
        numbering(), [](std::span<const std::string> row) { return std::vector<std::string>(row.begin(), row.end()); });
  }

  Value call(Scope& s, Value x) const {
    refuse_sparse("StringLookup", sparse);
    if (invert)
      throw Error(ErrorKind::spec, "StringLookup: invert: true gives texts, which no device holds", "look the numbers up in the vocabulary after predict");
    if (x.dtype() != DType::string)
      throw Error(ErrorKind::spec, "StringLookup takes texts, received " + std::string(name_of(x.dtype())),
                  "declare the input with dtype: string; IntegerLookup takes integers");
    const Vocabulary<std::string> words(numbering(), vocabulary, idf_weights);
    const Value numbers = s.on_host(x, DType::int64, x.shape(), [number = numbers_of(words, hash_key("StringLookup", salt))](const Tensor& texts) {
      Tensor y(DType::int64, texts.shape());
      std::transform(texts.values<std::string>().begin(), texts.values<std::string>().end(), y.values<std::int64_t>().begin(), number);
      return y;
    });
    return words.encode(numbers, s.compute_dtype());
  }

 private:
  Numbering<std::string> numbering() const {
    return {"StringLookup", max_tokens, num_oov_indices, mask_token, oov_token, output_mode, pad_to_max_tokens};
  }
};

}  // namespace strata
