#include <cstdio>
#include <fstream>
#include <strata/initializers/constant.h>
#include <strata/layers/core/dense.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>

#include "seasons.h"

using namespace strata;

int main() {
  Tensor year(DType::float32, {146, 1}), hours(DType::float32, {146, 1});
  std::ifstream file("two_years.csv");
  file.ignore(100, '\n');
  double time, light;
  char comma;
  for (int i = 0; i < 146 && file >> time >> comma >> light; ++i) year.set(i, time), hours.set(i, light);

  auto input = Input({1});
  Seasons seasons{.period_initializer = initializers::Constant{.value = 0.9}, .name = "seasons"};
  Model model(input, input | seasons | Dense{.units = 1});
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse"});
  model.fit(year, hours, {.batch_size = 8, .epochs = 400});
  std::printf("the period begins as 0.9 and ends as %.2f years\n", model.weights().at("seasons/period").at(0));
}
