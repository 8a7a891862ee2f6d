#pragma once

#include <strata/initializer.h>

namespace strata::initializers {

struct Identity {
  double gain = 1;

  static Schema schema() {
    return describe<Identity>("Identity", "The identity matrix times a gain.",
        field("gain", &Identity::gain, "Factor on the matrix.")).also_named({"IdentityInitializer"});
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream&) const {
    if (shape.size() != 2)
      throw Error(ErrorKind::spec,
                  "the initializer Identity needs a matrix, received a weight of rank " + std::to_string(shape.size()));
    return filled(shape, [&](std::uint64_t i) {
      const auto columns = static_cast<std::uint64_t>(shape[1]);
      return i / columns == i % columns ? gain : 0.0;
    });
  }
};

}  // namespace strata::initializers
