#include <cmath>
#include <cstdio>
#include <strata/layers/core/dense.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>

using namespace strata;

int main() {
  Tensor x(DType::float32, {1000, 1}), y(DType::float32, {1000, 1});
  for (int i = 0; i < 1000; ++i) x.set(i, i * 0.006 - 3), y.set(i, std::sin(x.at(i)));

  auto input = Input({1});
  Model model(input, input | Dense{.units = 32, .activation = "tanh"} | Dense{.units = 1});
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse"});
  History history = model.fit(x, y, {.epochs = 20, .verbose = 0});
  model.save("sine.keras");  // Keras reads it
  std::printf("mean squared error %.6f\n", history["loss"].back());
  return history["loss"].back() < 0.01 ? 0 : 1;
}
