#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/pooling/max_pooling2d.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/layers/reshaping/flatten.h>

#include "benchmarks/peers/models.h"

namespace strata::peers {

Model mnist_cnn(RunOptions run) {
  const LayerOutput x = Input({28, 28, 1});
  const LayerOutput h = x | Conv2D{.filters = 32, .kernel_size = 3, .activation = "relu"} | MaxPooling2D{} |
                        Conv2D{.filters = 64, .kernel_size = 3, .activation = "relu"} | MaxPooling2D{};
  return Model(x, h | Flatten{} | Dropout{.rate = 0.5} | Dense{.units = 10}, {}, std::move(run));
}

}  // namespace strata::peers
