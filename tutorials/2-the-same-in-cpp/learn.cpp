#include <cstdio>
#include <fstream>
#include <strata/callbacks/lambda_callback.h>
#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/pooling/max_pooling2d.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/layers/reshaping/reshape.h>
#include <strata/model.h>
using namespace strata;

int main() {
  Tensor x(DType::float32, {1500, 64}), y(DType::int32, {1500});
  std::ifstream file("digits.csv");
  file.ignore(1000, '\n');  // the columns' names; then rows of 64 pixels and the digit
  double v;
  for (int i = 0; file >> v; ++i, file.ignore()) i % 65 < 64 ? x.set(i / 65 * 64 + i % 65, v) : y.set(i / 65, v);
  auto input = Input({64});
  auto h = input | Reshape{.target_shape = {8, 8, 1}} | Conv2D{.filters = 32, .kernel_size = 3, .activation = "relu"};
  Model model(input, h | MaxPooling2D{} | Flatten{} | Dense{.units = 10, .activation = "softmax"});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  LambdaCallback show{.on_epoch_end = [](int k, Logs& l, Training&) { std::printf("%d %.3f\n", k + 1, l[3].second); }};
  model.fit(x, y, {.epochs = 12, .callbacks = {show}, .validation_split = 0.2});
  model.save("digits.keras");  // Keras opens it
}
