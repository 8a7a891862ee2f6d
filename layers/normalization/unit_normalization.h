#pragma once

#include <strata/layers/normalization/statistics.h>

namespace strata {

struct UnitNormalization {
  std::vector<std::int64_t> axis = {-1};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<UnitNormalization>("UnitNormalization", "Length 1 within each sample.",
        field("axis", &UnitNormalization::axis, "The axis or axes of the length."),
        activity_field<UnitNormalization>(), layer_fields<UnitNormalization>());
  }

  Value call(Scope&, Value x) const { return unit_vectors(x, sorted_axes("UnitNormalization", axis, x), 1e-12); }
};

}  // namespace strata
