#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

// Martins and Astudillo, "From softmax to sparsemax", 2016. The support is found by comparing each two elements
// instead of sorting: n^2 comparisons for an axis of n.
struct Sparsemax {
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<Sparsemax>("sparsemax", "The point of the simplex nearest to x along an axis.",
        field("axis", &Sparsemax::axis, "The axis that adds up to 1."));
  }
  Value call(Value x) const {
    const int at = axis < 0 ? static_cast<int>(axis) + x.rank() : static_cast<int>(axis);
    Axes order;  // the axis at the end
    for (int i = 0; i < x.rank(); ++i) if (i != at) order.push_back(i);
    order.push_back(at);
    const Value z = transpose(x, order);
    const Value row = expand_dims(z, -1), column = expand_dims(z, -2);  // z_i and z_j
    const Value no_smaller = cast(column >= row, x.dtype());
    const Value inside = cast(1 + z * sum(no_smaller, Axes{-1}) > sum(no_smaller * column, Axes{-1}), x.dtype());
    const Value threshold = (sum(inside * z, Axes{-1}, true) - 1) / sum(inside, Axes{-1}, true);
    Axes back(order.size());
    for (int i = 0; i < x.rank(); ++i) back[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = i;
    return transpose(maximum(z - threshold, 0), back);
  }
};

}  // namespace strata::activations
