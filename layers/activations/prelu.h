#pragma once

#include <strata/layer.h>

namespace strata {

// y = x where that is positive, else alpha x, with a learned alpha of the shape of a sample, 1 in the shared axes.
// Source: He et al. 2015.
struct PReLU {
  Initializer alpha_initializer = "zeros";
  Regularizer alpha_regularizer = {};
  Constraint alpha_constraint = {};
  std::optional<std::vector<std::int64_t>> shared_axes = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<PReLU>("PReLU", "Its input where that is positive, else a learned fraction of it.",
        field("alpha_initializer", &PReLU::alpha_initializer, "How alpha begins."),
        field("alpha_regularizer", &PReLU::alpha_regularizer, "Penalty on alpha."),
        field("alpha_constraint", &PReLU::alpha_constraint, "Projection of alpha after each update."),
        field("shared_axes", &PReLU::shared_axes, "Axes along which alpha is one number, counted from 1: the batch has none.", at_least(1)),
        activity_field<PReLU>(), layer_fields<PReLU>());
  }

  Value call(Scope& s, Value x) const {
    Shape shape = x.shape().slice(1, x.rank());
    if (shared_axes)
      for (const std::int64_t axis : *shared_axes) {
        if (axis >= x.rank())
          throw Error(ErrorKind::spec, "PReLU: shared axis " + std::to_string(axis) + " is outside its input " + x.shape().str(),
                      "axes count from 1 to " + std::to_string(x.rank() - 1));
        shape[static_cast<int>(axis) - 1] = 1;
      }
    const Value alpha = s.weight("alpha", shape, {alpha_initializer, alpha_regularizer, alpha_constraint});
    return relu(x) - alpha * relu(negative(x));
  }
};

}  // namespace strata
