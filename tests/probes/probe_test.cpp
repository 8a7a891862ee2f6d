// Every probe that is a spec (tests/golden/probes/*.yaml), trained step by step beside real Keras' numbers: losses and metrics
// of every step, weights and slots at the end. float64 on the reference backend at rel 1e-9, on every other backend at the bound of its
// own arithmetic, and byte for byte at 1, 2 and 4 threads.
#include <gtest/gtest.h>

#include "probes/beside_keras.h"

namespace strata {
namespace {

// The bytes of all weights: what must not depend on the number of threads.
std::string bytes_of(const Model& model) {
  std::string bytes;
  for (const auto& [path, t] : model.weights()) bytes.append(static_cast<const char*>(t.data()), t.bytes());
  return bytes;
}

class Probes : public testing::TestWithParam<std::string> {};

TEST_P(Probes, EqualsKerasOnTheReference) {
  Probe p(GetParam(), {.bound = bound_of(GetParam(), {1e-9, 1e-12})});
  train_beside_keras(p);
}

TEST_P(Probes, EqualsKerasOnTheCpu) {
  Probe p(GetParam(), {.backend = "cpu", .bound = bound_of(GetParam(), {1e-9, 1e-12})});
  train_beside_keras(p);
}

TEST_P(Probes, FollowsKerasInFloat32OnTheCpu) {
  Probe p(GetParam(), {.backend = "cpu", .dtype = is_mixed(GetParam()) ? "" : "float32", .bound = bound_of(GetParam(), {2e-3, 2e-4})});
  train_beside_keras(p);
}

TEST_P(Probes, GivesTheSameBytesAtAnyNumberOfThreads) {
  std::string one;
  for (const int threads : {1, 2, 4}) {
    Probe p(GetParam(), {.backend = "cpu", .threads = threads, .dtype = is_mixed(GetParam()) ? "" : "float32", .bound = {1, 1}});
    train_beside_keras(p);
    if (threads == 1) one = bytes_of(*p.model);
    EXPECT_EQ(bytes_of(*p.model), one) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, Probes, testing::ValuesIn(spec_probes()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace strata
