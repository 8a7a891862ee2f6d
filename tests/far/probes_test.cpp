// Every probe on a backend whose memory is far away: the bytes of the CPU, whose kernels it has, with the rows in its memory and
// with rows that are streamed there; whole, and broken off and gone on with.
#include <gtest/gtest.h>

#include "far/far_backend.h"
#include "files/models.h"
#include "probes/course.h"

namespace strata {
namespace {

constexpr int threads = 2;

Course course_on(const std::string& backend, const std::string& probe) {
  return course_of(probe, {.backend = backend, .threads = threads, .dtype = probe == "mixed_bfloat16" ? "" : "float32", .bound = {1, 1}});
}

Course by_two(Course course) {
  course.steps_at_once = 2;
  return course;
}

class FarProbes : public testing::TestWithParam<std::string> {
 protected:
  FarProbes() {
    far.set_memory({});
    far.reset();
  }
  FarBackend& far = far_backend(threads);
};

TEST_P(FarProbes, GiveTheBytesOfTheCpu) {
  const Trail expected = never_broken_off(course_on("cpu", GetParam()), threads);
  const Course course = course_on("far", GetParam());
  const Trail found = never_broken_off(course, threads);
  expect_same(found, expected);
  EXPECT_TRUE(found.is_resident);
  EXPECT_GT(far.runs, 0);

  // With less and less memory, until the rows do not stay.
  const std::size_t taken = far.most_allocated();
  bool is_resident = true;
  for (std::size_t memory = 3 * taken; is_resident && memory > taken / 2; memory -= taken / 16) {
    far.set_memory(memory);
    const Trail streamed = never_broken_off(course, threads);
    expect_same(streamed, expected);
    is_resident = streamed.is_resident;
  }
  EXPECT_FALSE(is_resident);
  // Then two steps at once, with copies that overtake what they may; and so with all the memory again.
  const Trail of_epochs = never_broken_off(by_two(course_on("cpu", GetParam())), threads);
  for (const bool streams : {true, false}) {
    if (!streams) far.set_memory({});
    for (const auto copies : {FarBackend::Copies::early, FarBackend::Copies::late}) {
      far.set_copies(copies);
      expect_same(never_broken_off(by_two(course), threads), of_epochs);
    }
  }
}

TEST_P(FarProbes, GoOnFromACheckpointOnTheCpuAndFromTheirOwn) {
  const Course cpu = course_on("cpu", GetParam()), course = course_on("far", GetParam());
  const Trail expected = never_broken_off(cpu, threads);
  const TemporaryFolder own, of_the_cpu;
  expect_same(broken_off(course, {0, 2, own.path()}, threads, threads), expected);
  const TemporaryFolder at_once;
  expect_same(broken_off(by_two(course), {0, 2, at_once.path()}, threads, threads), never_broken_off(by_two(cpu), threads));

  Course begun_on_the_cpu = course;  // the first model is the CPU's, the second one far away
  int models = 0;
  begun_on_the_cpu.make = [&](int n) { return models++ == 0 ? cpu.make(n) : course.make(n); };
  expect_same(broken_off(begun_on_the_cpu, {0, 2, of_the_cpu.path()}, threads, threads), expected);
}

INSTANTIATE_TEST_SUITE_P(Golden, FarProbes, testing::ValuesIn(all_probes()), [](const auto& info) { return info.param; });

// Step by step, as a program does that has a loop of its own, and what is predicted then.
class FarSteps : public testing::TestWithParam<std::string> {};

TEST_P(FarSteps, GiveTheBytesOfTheCpu) {
  far_backend(threads).set_memory({});
  const auto trained = [&](const std::string& backend) {
    Probe p(GetParam(), {.backend = backend, .threads = threads, .dtype = GetParam() == "mixed_bfloat16" ? "" : "float32", .bound = {1, 1}});
    p.model->compile(compile_arguments(p.spec.compile ? *p.spec.compile : *p.spec.fit[0].compile));
    std::map<std::string, Tensor> left;
    for (int k = 0; p.golden.has("step" + std::to_string(k) + "/loss"); ++k)
      for (const auto& [name, value] : p.train("step" + std::to_string(k))) left[std::to_string(k) + " " + name] = Tensor::scalar(value);
    for (const auto& [path, t] : p.model->weights()) left[path] = t;
    const Arrays x = p.golden.columns(p.golden.columns("x").empty() ? "step0/x" : "x");
    for (const std::int64_t batch_size : {x.columns()[0].second.dim(0), std::int64_t{2}}) {
      if (GetParam() == "stateful_lstm" && batch_size == 2) continue;  // its batch is a number
      const Arrays predicted = p.model->predict(x, {.batch_size = batch_size});
      for (const auto& [name, t] : predicted.columns()) left[name + " by " + std::to_string(batch_size)] = t;
    }
    return left;
  };
  const auto expected = trained("cpu"), found = trained("far");
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, t] : expected) EXPECT_TRUE(same_bytes(found.at(name), t)) << name;
}

INSTANTIATE_TEST_SUITE_P(Golden, FarSteps, testing::ValuesIn(spec_probes()), [](const auto& info) { return info.param; });

// A step of a program's own: two models and two optimizers, kept in a file and gone on with.
TEST(FarGan, GivesTheBytesOfTheCpu) {
  far_backend(threads).set_memory({});
  const Golden golden("gan");
  const TemporaryFolder folder;
  const auto trained = [&](const std::string& backend) {
    const RunOptions run{.backend = backend, .threads = threads};
    Gan gan(golden, run);
    Step step(gan, run);
    std::vector<Logs> logs;
    for (int k = 0; k < 3; ++k) logs.push_back(step(golden.under("step" + std::to_string(k) + "/x")));
    step.save(folder / (backend + ".h5"));
    Gan again(golden, run);
    Step second(again, run);
    second.load(folder / "cpu.h5");
    for (int k = 3; k < 5; ++k) logs.push_back(second(golden.under("step" + std::to_string(k) + "/x")));
    std::map<std::string, Tensor> state = second.state();
    for (const Model& m : {again.generator, again.discriminator})
      for (const auto& [path, t] : m.weights()) state[m.name() + "/" + path] = t;
    return std::pair(logs, state);
  };
  const auto expected = trained("cpu"), found = trained("far");
  EXPECT_EQ(found.first, expected.first);
  ASSERT_EQ(found.second.size(), expected.second.size());
  for (const auto& [name, t] : expected.second) EXPECT_TRUE(same_bytes(found.second.at(name), t)) << name;
}

}  // namespace
}  // namespace strata
