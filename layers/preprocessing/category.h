// Category numbers as vectors: what CategoryEncoding, Discretization and the lookups give beside the numbers themselves.
#pragma once

#include <string>

#include <strata/layer.h>

namespace strata {

inline Limits category_modes(bool with_numbers = true, bool with_tf_idf = false) {
  std::vector<std::string_view> modes;
  if (with_numbers) modes.push_back("int");
  modes.insert(modes.end(), {"one_hot", "multi_hot", "count"});
  if (with_tf_idf) modes.push_back("tf_idf");
  return one_of(std::move(modes));
}

// Sparse and ragged results are tensors of another kind, which no layer takes.
inline void refuse_sparse(const std::string& layer, bool sparse) {
  if (sparse) throw Error(ErrorKind::spec, layer + ": sparse: true is not supported, results are dense", "leave sparse out");
}

// one_hot: a vector of `depth` for each number; an axis of one number goes away. multi_hot, count: (N, numbers) -> (N, depth),
// whether and how often each category is there; `weights` (N, numbers) weigh a count. Numbers outside [0, depth) count nothing.
inline Value encode_categories(const std::string& layer, Value numbers, const std::string& mode, std::int64_t depth, DType dtype, Value weights = {}) {
  Value x = is_integer(numbers.dtype()) ? numbers : cast(numbers, DType::int64);
  if (mode == "one_hot") {
    if (x.rank() > 1 && x.dim(-1) == Dim(1)) x = squeeze(x, -1);
    return one_hot(x, depth, dtype);
  }
  if (x.rank() != 2)
    throw Error(ErrorKind::spec, layer + ": output_mode " + mode + " takes rows of numbers, (batch, numbers); received " + x.shape().str(),
                x.rank() == 1 ? "give the input the shape [1]" : "use Reshape before it");
  const DType counted = size_of(dtype) < 4 ? DType::float32 : dtype;
  const Dim rows = x.dim(0), all = rows * x.dim(1);
  const Value inside = logical_and(x >= 0, x < depth);
  const Value amount = weights ? select(inside, cast(weights, counted), 0) : cast(inside, counted);
  const Value first = reshape(iota(x, rows, DType::int64), Shape{rows, 1}) * depth;
  const Value place = first + cast(select(inside, x, 0), DType::int64);
  const Value counts = reshape(scatter_add(reshape(place, Shape{all}), reshape(amount, Shape{all}), Shape{rows * Dim(depth)}), Shape{rows, depth});
  return cast(mode == "multi_hot" ? minimum(counts, 1) : counts, dtype);
}

}  // namespace strata
