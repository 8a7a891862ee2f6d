// What an attention of the op table is to cuDNN: arrays described (rows, heads, steps, size), whose heads lie beside each other in memory.
#pragma once

#include <string>
#include <variant>

#include "backend/region.h"
#include "backend/cuda/strided.h"

namespace strata::cuda {

struct AttentionShape {
  std::int64_t rows = 1, heads, queries, keys, features, depth;  // rows: the leading axes as one; depth: of a value

  // (rows, steps, heads, size) in memory, and with its last two axes turned; dense as described.
  Strided by_head(std::int64_t steps, std::int64_t size) const { return {{rows, heads, steps, size}, {steps * heads * size, size, heads * size, 1}}; }
  Strided turned(std::int64_t steps, std::int64_t size) const { return {{rows, heads, size, steps}, {steps * heads * size, size, 1, heads * size}}; }
  Strided dense(std::int64_t steps, std::int64_t size) const { return {{rows, heads, steps, size}, {heads * steps * size, steps * size, size, 1}}; }

  Strided q() const { return by_head(queries, features); }
  Strided k() const { return by_head(keys, features); }
  Strided v() const { return by_head(keys, depth); }
  Strided y() const { return by_head(queries, depth); }
  Strided k_turned() const { return turned(keys, features); }
  Strided v_turned() const { return turned(keys, depth); }
  Strided scores() const { return dense(queries, keys); }
  Strided scores_turned() const { return {{rows, heads, keys, queries}, {heads * queries * keys, queries * keys, 1, keys}}; }
  Strided of_query() const { return dense(queries, 1); }  // a number of each row of the scores
  std::int64_t all_queries() const { return rows * heads * queries; }
};

// Of q (..., T, N, H), k (..., S, N, H) and v (..., S, N, V); or why there is nothing to do.
inline std::variant<AttentionShape, std::string> attention_shape(const ArrayType& q, const ArrayType& k, const ArrayType& v) {
  if (q.elements() == 0 || k.elements() == 0 || v.elements() == 0) return "it has no elements";
  AttentionShape s{.heads = q.dim(-2), .queries = q.dim(-3), .keys = k.dim(-3), .features = q.dim(-1), .depth = v.dim(-1)};
  s.rows = product(q, 0, q.rank() - 3);
  return s;
}

}  // namespace strata::cuda
