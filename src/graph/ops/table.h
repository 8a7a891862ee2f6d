// The op table is the sum of these groups; each is defined in the file of its name.
#pragma once

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

}  // namespace strata
