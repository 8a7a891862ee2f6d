#pragma once

#include <algorithm>
#include <string>

#include <strata/layer.h>

namespace strata {

// Axis i of the output (the batch is axis 0 and stays) is axis dims[i - 1] of the input.
struct Permute {
  Required<std::vector<std::int64_t>> dims = unset;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Permute>("Permute", "The axes of its input in another order.",
        field("dims", &Permute::dims, "The axes in their new order, counted from 1: the batch stays first.", at_least(1)),
        activity_field<Permute>(), layer_fields<Permute>());
  }

  Value call(Scope&, Value x) const {
    Axes axes{0};
    for (const std::int64_t d : *dims) axes.push_back(static_cast<int>(d));
    Axes sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    bool each_once = static_cast<int>(sorted.size()) == x.rank();
    for (std::size_t i = 0; i < sorted.size(); ++i) each_once = each_once && sorted[i] == static_cast<int>(i);
    if (!each_once)
      throw Error(ErrorKind::spec, "Permute: dims must name each axis of its input " + x.shape().str() + " but the batch once, from 1 to " +
                                       std::to_string(x.rank() - 1));
    return transpose(x, axes);
  }
};

}  // namespace strata
