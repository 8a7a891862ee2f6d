// Timing the candidates of a device: the winners are used, and change no loss beyond rounding.
#include <gtest/gtest.h>

#include <strata/layers/core/dense.h>
#include <strata/model.h>
#include "src/model/model_state.h"
#include "src/model/tuning.h"
#include "tests/cuda/plugin.h"

namespace strata {
namespace {

class CudaTuning : public testing::TestWithParam<const char*> {};
STRATA_ON_DEVICES(CudaTuning);

TEST_P(CudaTuning, chooses_among_what_there_is) {
  const CudaName found = cuda_name(GetParam());
  if (found.name.empty()) GTEST_SKIP() << "no CUDA device: " << found.why_not;
  const auto model_of = [&] {
    const auto x = Input({12});
    Model model(x, x | Dense{.units = 16, .activation = "relu"} | Dense{.units = 4}, {}, {.backend = found.name});
    model.compile({.optimizer = "adam", .loss = "mse"});
    return model;
  };
  Tensor x(DType::float32, {32, 12});
  for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, static_cast<double>(i % 7) / 7);
  const Dataset data{x, Tensor(DType::float32, {32, 4}), {}};
  const auto losses = [&](Model& m) { return m.fit(data, {.batch_size = 8, .epochs = 2, .verbose = 0})["loss"]; };

  Model model = model_of(), untuned = model_of();
  const Tuning tuning = tune(model.state(), 8);
  EXPECT_GT(tuning.regions.size(), 3u);  // products have two algorithms at least, and epilogues that can be split
  model = model_of();
  model.state().choices->warn = [](const std::string& line) { ADD_FAILURE() << line; };
  model.state().choices->use(tuning.choices);
  const auto tuned = losses(model), expected = losses(untuned);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(tuned[i], expected[i], 1e-5 * expected[i]);
}

}  // namespace
}  // namespace strata
