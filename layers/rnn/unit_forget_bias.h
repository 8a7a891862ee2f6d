#pragma once

#include <strata/initializer.h>

namespace strata {

// The bias of an LSTM's gates i f c o: ones for the forget gate, so that a cell remembers at first; `others` gives the rest.
// Source: Jozefowicz et al. 2015.
struct UnitForgetBias {
  Initializer others = "zeros";

  // No component of its own: no spec names it.
  static Schema schema() { return {.name = "UnitForgetBias", .doc = "Ones for the forget gate.", .aliases = {}, .fields = {}}; }

  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    Tensor result = others(shape, random).clone();
    const std::int64_t units = shape[0] / 4;
    for (std::int64_t i = units; i < 2 * units; ++i) result.set(i, 1);
    return result;
  }
};

}  // namespace strata
