// The weights of an lstm in cuDNN's order: of each gate (i, f, g, o, as Keras has them: i, f, c, o) a matrix for the input and
// one for the state before, each (units, features) row-major where Keras has columns of one wide matrix; then the bias. Gates
// lie one behind the other, so each of Keras' two matrices is one matrix transposed.
#pragma once

#include <array>
#include <optional>

#include "backend/cuda/box.h"

namespace strata::cuda {

struct LstmWeights {
  std::int64_t features = 0, units = 0;
  std::int64_t input = 0, recurrent = 0, bias = 0;  // where they begin, in elements

  // From Keras' (features, 4 units) and (units, 4 units); turned(): back.
  Box input_box() const { return placed(transposition(features, 4 * units), input); }
  Box recurrent_box() const { return placed(transposition(units, 4 * units), recurrent); }
  Box bias_box() const {
    Box b;
    b.add(4 * units, 1, 1);
    return placed(b, bias);
  }

  // Where cuDNN says that the input's matrices (0 to 3), the state's (4 to 7) and the input's biases (0 to 3) begin; nothing
  // where gates do not lie one behind the other.
  static std::optional<LstmWeights> at(std::int64_t features, std::int64_t units, const std::array<std::int64_t, 8>& matrices,
                                       const std::array<std::int64_t, 4>& biases) {
    for (std::size_t gate = 1; gate < 4; ++gate)
      if (matrices[gate] != matrices[gate - 1] + units * features || matrices[4 + gate] != matrices[3 + gate] + units * units ||
          biases[gate] != biases[gate - 1] + units)
        return std::nullopt;
    return LstmWeights{features, units, matrices[0], matrices[4], biases[0]};
  }

 private:
  static Box placed(Box b, std::int64_t at) {
    b.to = at;
    return b;
  }
};

}  // namespace strata::cuda
