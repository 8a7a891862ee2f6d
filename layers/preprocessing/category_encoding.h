#pragma once

#include <strata/layers/preprocessing/category.h>

namespace strata {

// Category numbers 0 ... num_tokens - 1 to vectors of num_tokens elements. The call argument count_weights, of the input's shape,
// weighs what count counts.
struct CategoryEncoding {
  Required<std::int64_t> num_tokens = unset;
  std::string output_mode = "multi_hot";
  bool sparse = false;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr bool autocast = false;  // numbers given as floats keep their digits in a half precision policy

  static Schema schema() {
    return describe<CategoryEncoding>("CategoryEncoding", "Category numbers as vectors.",
        field("num_tokens", &CategoryEncoding::num_tokens, "How many categories there are.", at_least(1)),
        field("output_mode", &CategoryEncoding::output_mode,
              "one_hot: a vector for each number; multi_hot, count: one for each row.", category_modes(false)),
        field("sparse", &CategoryEncoding::sparse, "Sparse vectors; not supported."),
        layer_fields<CategoryEncoding>());
  }

  Value call(Scope& s, const Inputs& in) const {
    refuse_sparse("CategoryEncoding", sparse);
    const Value weights = in.named("count_weights");
    if (weights && output_mode != "count")
      throw Error(ErrorKind::spec, "CategoryEncoding: count_weights are for output_mode count, which is " + output_mode + " here");
    return encode_categories("CategoryEncoding", in[0], output_mode, *num_tokens, s.compute_dtype(), weights);
  }
};

}  // namespace strata
