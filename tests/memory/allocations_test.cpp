// A steady training step allocates nothing: malloc is interposed and counted while fit runs. What oneDNN and OpenMP allocate
// inside their own calls is counted apart.
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <execinfo.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/pooling/max_pooling2d.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>
#include <strata/step.h>
#include "src/model/fit.h"

#if defined(__SANITIZE_ADDRESS__)
TEST(Allocations, OfASteadyStep) { GTEST_SKIP() << "the address sanitizer brings its own malloc"; }
#else

namespace {

constexpr int most_calls = 4096, frames = 12;
std::atomic<bool> counting{false};
std::atomic<int> calls{0};
void* stacks[most_calls][frames];
thread_local bool inside = false;

void note() {
  if (!counting.load(std::memory_order_relaxed) || inside) return;
  inside = true;
  const int n = calls.fetch_add(1);
  if (n < most_calls) backtrace(stacks[n], frames);
  inside = false;
}

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* malloc(std::size_t n) {
  note();
  return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t size) {
  note();
  return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t n) {
  note();
  return __libc_realloc(p, n);
}
}

namespace strata {
namespace {

// Whether a call came from inside oneDNN or OpenMP.
bool is_library(void* const* stack) {
  for (int i = 0; i < frames && stack[i]; ++i) {
    Dl_info info{};
    if (!dladdr(stack[i], &info) || !info.dli_fname) continue;
    if (std::strstr(info.dli_fname, "libdnnl") || std::strstr(info.dli_fname, "libgomp")) return true;
  }
  return false;
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stol(line.substr(6));
  return 0;
}

Model cnn() {
  const LayerOutput x = Input({12, 12, 1});
  return Model(x, x | Conv2D{.filters = 8, .kernel_size = 3, .activation = "relu"} | BatchNormalization{} | MaxPooling2D{} | Flatten{} |
                      Dropout{.rate = 0.5} | Dense{.units = 10, .activation = "softmax"});
}

Tensor counted(std::vector<std::int64_t> shape, DType dtype, int below) {
  Tensor t(dtype, std::move(shape));
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, static_cast<double>((i * 7919) % 1000) / 1000 * below);
  return t;
}

TEST(Allocations, OfASteadyStep) {
  void* warm[2];
  backtrace(warm, 2);  // loads what backtrace itself needs
  Model model = cnn();
  model.compile({.optimizer = Adam{}, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  const Tensor x = counted({400, 12, 12, 1}, DType::float32, 1), y = counted({400}, DType::int32, 10);
  Fit fit(model, Dataset{x, y, {}}, FitArguments{.batch_size = 16, .epochs = 2, .verbose = 0});
  calls = 0;
  fit.pause = [](Fit& f) {  // the second epoch, from its third step to the one before its last
    counting = f.position().epoch == 1 && f.position().batch >= 2 && f.position().batch < 24;
    return false;
  };
  fit.run();
  counting = false;
  int libraries = 0;
  const int seen = std::min(calls.load(), most_calls);
  for (int i = 0; i < seen; ++i) libraries += is_library(stacks[i]);
  RecordProperty("allocations_by_libraries", libraries);
  EXPECT_EQ(calls - libraries, 0) << "in 22 steps";
  for (int i = 0; i < seen && calls > libraries; i += 9) backtrace_symbols_fd(stacks[i], frames, 2);
}

TEST(Allocations, OfAStepOfAProgramsOwn) {
  void* warm[2];
  backtrace(warm, 2);
  const Model model = cnn();
  Step step([&](StepScope& s) {
    const Loss loss = "sparse_categorical_crossentropy";
    s.minimize(loss(s.input("y", {}, DType::int32), s.call(model, s.input("x", {12, 12, 1}))), {model}, Adam{});
  });
  const std::map<std::string, Tensor> batch{{"x", counted({16, 12, 12, 1}, DType::float32, 1)}, {"y", counted({16}, DType::int32, 10)}};
  for (int i = 0; i < 3; ++i) step(batch);
  calls = 0;
  counting = true;
  for (int i = 0; i < 20; ++i) step(batch);
  counting = false;
  int libraries = 0;
  for (int i = 0; i < std::min(calls.load(), most_calls); ++i) libraries += is_library(stacks[i]);
  EXPECT_EQ(calls - libraries, 0) << "in 20 steps";
}

TEST(Allocations, MemoryIsFlatOverManySteps) {
  const LayerOutput in = Input({20});
  Model model(in, in | Dense{.units = 32, .activation = "relu"} | Dense{.units = 4, .activation = "softmax"});
  model.compile({.optimizer = Adam{}, .loss = "sparse_categorical_crossentropy"});
  const Tensor x = counted({8000, 20}, DType::float32, 1), y = counted({8000}, DType::int32, 4);
  const FitArguments arguments{.batch_size = 8, .epochs = 1, .verbose = 0};
  for (int epoch = 0; epoch < 3; ++epoch) model.fit(x, y, arguments);  // what is made once has been made
  const long before = resident_kib();
  for (int epoch = 0; epoch < 10; ++epoch) model.fit(x, y, arguments);  // 10,000 steps
  EXPECT_LE(resident_kib() - before, 256) << "KiB more after 10,000 steps";
}

// What summary --memory says is what the process grows by: highest resident size while a wide network trains, against the
// same process after a small one (which has loaded every library).
TEST(Memory, IsWhatThePlanSays) {
  const auto highest_kib = [] {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.rfind("VmHWM:", 0) == 0) return std::stol(line.substr(6));
    return 0L;
  };
  const auto trained = [](std::int64_t units, std::int64_t batch) {
    const LayerOutput in = Input({units});
    Model model(in, in | Dense{.units = units, .activation = "relu"} | Dense{.units = units, .activation = "relu"} | Dense{.units = 10, .activation = "softmax"});
    model.compile({.optimizer = Adam{}, .loss = "sparse_categorical_crossentropy"});
    const MemoryPlan plan = model.memory(batch);
    const Tensor x(DType::float32, {batch, units}), y(DType::int32, {batch});
    model.fit(x, y, {.batch_size = batch, .epochs = 2, .verbose = 0});
    return plan.total();
  };
  trained(64, 64);
  const long before = highest_kib();
  const std::int64_t planned = trained(2048, 512);
  const double grown = static_cast<double>(highest_kib() - before) * 1024 - 512.0 * 2048 * 4;  // the rows are the caller's
  EXPECT_NEAR(grown / static_cast<double>(planned), 1, 0.1) << planned << " bytes planned, " << grown << " more in use";
}

}  // namespace
}  // namespace strata
#endif
