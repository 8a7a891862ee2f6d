#include <cstdio>
#include <fstream>
#include <strata/callbacks/lambda_callback.h>
#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/pooling/max_pooling2d.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/model.h>
using namespace strata;

int main() {
  Tensor x(DType::float32, {1500, 8, 8, 1}), y(DType::int32, {1500});
  std::ifstream file("digits.csv");
  file.ignore(1000, '\n');  // the columns' names; then rows of 64 pixels, 0 to 16, and the digit
  double cell;
  for (int i = 0; file >> cell; ++i, file.ignore())
    i % 65 < 64 ? x.set(i / 65 * 64 + i % 65, cell / 16) : y.set(i / 65, cell);
  auto input = Input({8, 8, 1});
  Model model(input, input | Conv2D{.filters = 32, .kernel_size = 3, .activation = "relu"} | MaxPooling2D{} | Flatten{}
                         | Dense{.units = 10, .activation = "softmax"});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  LambdaCallback show{.on_epoch_end = [](int epoch, Logs& l, Training&) { std::printf("%d %.3f\n", epoch + 1, l[3].second); }};
  model.fit(x, y, {.epochs = 20, .callbacks = {show}, .validation_split = 0.2});
  model.save("digits.keras");  // Keras opens it
}
