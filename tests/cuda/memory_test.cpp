// The memory of a device: what is said where there is too little of it, and what is left behind.
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/model.h>
#include "src/compile/backends.h"
#include "tests/cuda/plugin.h"

namespace strata {
namespace {

using testing::HasSubstr;

class EmulatedMemory : public testing::Test {
 protected:
  void SetUp() override {
    const CudaName found = cuda_name("emulated");
    if (found.name.empty()) GTEST_SKIP() << "no host that stands for a device: " << found.why_not;
    set_emulated_memory(0);
  }
  void TearDown() override {
    if (!IsSkipped()) set_emulated_memory(0);
  }
};

TEST_F(EmulatedMemory, too_little_of_it_is_an_error_with_the_batch_that_fits) {
  const auto x = Input({32, 32, 3}, {.name = "x"});
  Model model(x, x | Conv2D{.filters = 16, .kernel_size = 3, .activation = "relu", .name = "wide"} | Flatten{} | Dense{.units = 2}, {}, {.backend = "emulated"});
  model.compile({.optimizer = "adam", .loss = "mse"});
  const Dataset data{Tensor(DType::float32, {64, 32, 32, 3}), Tensor(DType::float32, {64, 2}), {}};
  Backend& backend = *open_backend("emulated");
  const auto all = *backend.free_bytes();
  model.evaluate(data, {.batch_size = 1});  // the variables are there
  const std::size_t taken = all - *backend.free_bytes();
  set_emulated_memory(taken + (std::size_t{2} << 20));
  long long fits = 0;
  try {
    model.fit(data, {.batch_size = 64, .verbose = 0});
    FAIL() << "it went on";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::runtime);
    EXPECT_THAT(e.what(), HasSubstr("out of memory: a step of 64 rows needs "));
    EXPECT_THAT(e.what(), HasSubstr("'cuda' has "));
    EXPECT_THAT(e.what(), HasSubstr("is of 'wide"));
    ASSERT_EQ(std::sscanf(e.hint().c_str(), "make the batch smaller: %lld rows fit", &fits), 1) << e.hint();
  }
  EXPECT_GT(fits, 0);
  EXPECT_LT(fits, 64);
  EXPECT_NO_THROW(model.fit(data, {.batch_size = fits, .epochs = 1, .verbose = 0, .steps_per_epoch = 1}));
}

}  // namespace
}  // namespace strata
