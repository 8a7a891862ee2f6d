#pragma once

#include <strata/layers/preprocessing/category.h>
#include <strata/layers/preprocessing/hash.h>

namespace strata {

// Texts or integers to one of num_bins numbers by a hash, which needs no vocabulary; or to vectors of them. It runs on the host.
struct Hashing {
  Required<std::int64_t> num_bins = unset;
  Config mask_value = {};
  Config salt = {};
  std::string output_mode = "int";
  bool sparse = false;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  std::string keras_dtype() const { return output_mode == "int" ? "int64" : ""; }
  static constexpr bool autocast = false;  // values are hashed as they are

  static Schema schema() {
    return describe<Hashing>("Hashing", "Texts or integers to bins by a hash.",
        field("num_bins", &Hashing::num_bins, "How many bins there are, that of mask_value included.", at_least(1)),
        field("mask_value", &Hashing::mask_value, "Text or integer that alone has the bin 0; null: none."),
        field("salt", &Hashing::salt, "Key of the hash: an integer, or two; null: no key."),
        field("output_mode", &Hashing::output_mode,
              "int: numbers of bins; one_hot, multi_hot, count: vectors of num_bins elements.", category_modes()),
        field("sparse", &Hashing::sparse, "Sparse vectors; not supported."),
        layer_fields<Hashing>());
  }

  Value call(Scope& s, Value x) const {
    refuse_sparse("Hashing", sparse);
    const bool masks = !mask_value.is_null() && *num_bins > 1;
    std::optional<std::string> mask;
    if (masks) mask = mask_value.as<std::string>() ? *mask_value.as<std::string>() : mask_value.str();
    const std::int64_t count = *num_bins - masks;
    const Value bins = s.on_host(x, DType::int64, x.shape(), [mask, count, key = hash_key("Hashing", salt)](const Tensor& rows) {
      Tensor y(DType::int64, rows.shape());
      const std::span<std::int64_t> out = y.values<std::int64_t>();
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::string text = hashed_text(rows, i);
        out[i] = mask && text == *mask ? 0 : (mask ? 1 : 0) + hash_bucket(text, count, key);
      }
      return y;
    });
    if (output_mode != "int") return encode_categories("Hashing", bins, output_mode, *num_bins, s.compute_dtype());
    return dtype == Config("int32") ? cast(bins, DType::int32) : bins;
  }
};

}  // namespace strata
