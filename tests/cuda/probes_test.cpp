// Every probe of the machine on the CUDA backend: beside real Keras' numbers, and with a checkpoint that one backend writes and the other
// goes on from.
#include <tuple>

#include <gtest/gtest.h>

#include "files/models.h"
#include "probes/beside_keras.h"
#include "probes/course.h"
#include "tests/cuda/plugin.h"

namespace strata {
namespace {

How how_on(const std::string& backend, const std::string& probe) {
  return {.backend = backend, .dtype = is_mixed(probe) ? "" : "float32", .bound = bound_of(probe, {2e-3, 2e-4})};
}

class CudaProbes : public testing::TestWithParam<std::tuple<const char*, std::string>> {
 protected:
  void SetUp() override {
    const CudaName found = cuda_name(std::get<0>(GetParam()));
    if (found.name.empty()) GTEST_SKIP() << "no CUDA device: " << found.why_not;
    backend = found.name;
  }
  const std::string& probe() const { return std::get<1>(GetParam()); }
  std::string backend;
};
std::string name_of(const testing::TestParamInfo<CudaProbes::ParamType>& info) { return std::get<1>(info.param) + "_" + std::get<0>(info.param); }

class CudaSpecProbes : public CudaProbes {};
TEST_P(CudaSpecProbes, FollowKeras) {
  Probe p(probe(), how_on(backend, probe()));
  train_beside_keras(p);
}
INSTANTIATE_TEST_SUITE_P(Golden, CudaSpecProbes, testing::Combine(testing::Values("emulated", "device"), testing::ValuesIn(spec_probes())), name_of);

// Logs of every step and every variable, as near as the probe's arithmetic allows.
void expect_near(const Trail& found, const Trail& expected, const Bound& bound) {
  ASSERT_EQ(found.logs.size(), expected.logs.size());
  for (std::size_t i = 0; i < found.logs.size(); ++i)
    for (const auto& [name, value] : expected.logs[i]) strata::expect_near(*find_log(found.logs[i], name), value, bound, name + " of step " + std::to_string(i));
  ASSERT_EQ(found.variables.size(), expected.variables.size());
  for (const auto& [path, t] : expected.variables) strata::expect_near(found.variables.at(path), t, bound, path);
}

TEST_P(CudaProbes, GoOnFromACheckpointOfTheCpuAndTheCpuFromTheirs) {
  const Course cpu = course_of(probe(), how_on("cpu", probe())), cuda = course_of(probe(), how_on(backend, probe()));
  const Trail expected = never_broken_off(cpu, 0), whole = never_broken_off(cuda, 0);
  expect_near(whole, expected, cuda.bound);
  expect_same(never_broken_off(cuda, 0), whole);  // the same bits each time
  for (const bool begins_on_the_cpu : {true, false}) {
    SCOPED_TRACE(begins_on_the_cpu ? "begun on the CPU" : "gone on with on the CPU");
    Course both = cuda;
    int models = 0;
    both.make = [&](int n) { return (models++ == 0) == begins_on_the_cpu ? cpu.make(n) : cuda.make(n); };
    const TemporaryFolder folder;
    expect_near(broken_off(both, {0, 2, folder.path()}, 0, 0), expected, cuda.bound);
  }
}
INSTANTIATE_TEST_SUITE_P(Golden, CudaProbes, testing::Combine(testing::Values("emulated", "device"), testing::ValuesIn(all_probes())), name_of);

}  // namespace
}  // namespace strata
