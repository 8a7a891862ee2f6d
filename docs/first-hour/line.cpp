#include <cstdio>
#include <strata/layers/core/dense.h>
#include <strata/model.h>
using namespace strata;

int main() {
  auto x = Tensor::of<float>({4, 1}, {0, 1, 2, 3}), y = Tensor::of<float>({4, 1}, {1, 3, 5, 7});
  auto input = Input({1});
  Model model(input, input | Dense{.units = 1, .name = "line"});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  model.fit(x, y, {.epochs = 3000});
  auto weights = model.weights();
  std::printf("y = %.2f x + %.2f\n", weights["line/kernel"].at(0), weights["line/bias"].at(0));
}
