// The op table is the sum of these groups; each is defined in the file of its name.
#pragma once

#include <algorithm>
#include <span>

#include "src/graph/graph.h"
#include "src/graph/gradient.h"

namespace strata {

std::span<const Op> leaf_ops();
std::span<const Op> elementwise_ops();
std::span<const Op> movement_ops();
std::span<const Op> reduction_ops();
std::span<const Op> contraction_ops();
std::span<const Op> random_ops();
std::span<const Op> control_ops();
std::span<const Op> convolution_ops();
std::span<const Op> pooling_ops();
std::span<const Op> softmax_ops();
std::span<const Op> normalization_ops();
std::span<const Op> attention_ops();
std::span<const Op> recurrent_ops();
std::span<const Op> embedding_ops();

// NumPy's broadcasting, right-aligned. An open axis takes the other's number; when both get numbers they are checked.
Shape broadcast(const Shape& a, const Shape& b, std::string_view op);

// Adds `op` on the graph of its first input.
inline Value emit(std::string_view op, std::vector<Value> inputs, Attributes attributes = {}) {
  Graph& graph = inputs.front().graph();
  return graph.add(op, std::move(inputs), std::move(attributes));
}

// Output `i` of the node behind `v`.
inline Value output_of(const Value& v, int i) { return {&v.graph(), v.node(), i}; }

// Index of an axis that may be negative; outside [-rank, rank) is an Error.
int normalize_axis(std::int64_t axis, int rank, std::string_view op);

[[noreturn]] void shape_error(std::string_view op, const std::string& message);

// Equal as far as is known: an open axis fits any number.
inline bool fits(const Dim& a, const Dim& b) { return a == b || !a.is_known() || !b.is_known(); }
inline bool fits(const Shape& a, const Shape& b) {
  return a.rank() == b.rank() && std::equal(a.begin(), a.end(), b.begin(), [](const Dim& x, const Dim& y) { return fits(x, y); });
}

// Sums of float16 and bfloat16 elements, and statistics over them, are taken in float32.
inline DType accumulation_dtype(DType t) { return is_floating(t) && size_of(t) < 4 ? DType::float32 : t; }
inline Value widened(Value v) {
  const DType t = accumulation_dtype(v.dtype());
  return t == v.dtype() ? v : emit("cast", {v}, {{"dtype", t}});
}

}  // namespace strata
