#include <strata/layers/core/dense.h>

#include "benchmarks/peers/models.h"

namespace strata::peers {

Model multilayer_perceptron(std::int64_t inputs, std::int64_t units, std::int64_t outputs, RunOptions run) {
  const LayerOutput x = Input({inputs});
  return Model(x, x | Dense{.units = units, .activation = "relu"} | Dense{.units = units, .activation = "relu"} | Dense{.units = outputs},
               {}, std::move(run));
}

}  // namespace strata::peers
