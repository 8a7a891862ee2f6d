#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

// Martins and Astudillo, "From softmax to sparsemax", 2016. The support is found by comparing each two elements
// instead of sorting: n^2 comparisons for an axis of n. Keras 3.15 does not give this point: it adds up the cumulative sums
// over the support where the last of them belongs.
struct Sparsemax {
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<Sparsemax>("sparsemax", "The point of the simplex nearest to x along an axis.",
        field("axis", &Sparsemax::axis, "The axis that adds up to 1."));
  }
  Value call(Value x) const {
    const Value z = move_axis(x, static_cast<int>(axis), -1);
    const Value row = expand_dims(z, -1), column = expand_dims(z, -2);  // z_i and z_j
    const Value no_smaller = cast(column >= row, x.dtype());
    const Value inside = cast(1 + z * sum(no_smaller, Axes{-1}) > sum(no_smaller * column, Axes{-1}), x.dtype());
    const Value threshold = (sum(inside * z, Axes{-1}, true) - 1) / sum(inside, Axes{-1}, true);
    return move_axis(maximum(z - threshold, 0), -1, static_cast<int>(axis));
  }
};

}  // namespace strata::activations
