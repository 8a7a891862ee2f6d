// Every probe broken off after each of its steps: a checkpoint is written, a model is made anew, and it goes on from there to
// the bytes of the run that was never broken off (weights, states, slots, counters, running metrics, and the logs of every
// step), which is beside Keras' numbers.
#include <gtest/gtest.h>

#include "files/models.h"
#include "probes/course.h"

namespace strata {
namespace {

// The mean of the batches so far: what fit logs.
void expect_losses_of_keras(const Course& course, const Trail& trail) {
  if (course.stages.size() > 1 || course.stages[0].arguments.epochs > 1) return;  // probe_test compares these
  double total = 0;
  for (int k = 0; k < steps_of(course.golden); ++k) {
    total += course.golden.at("step" + std::to_string(k) + "/loss").at(0);
    expect_near(*find_log(trail.logs[static_cast<std::size_t>(k)], "loss"), total / (k + 1), course.bound, "loss of step " + std::to_string(k));
  }
}

void expect_weights_of_keras(const Course& course, const Trail& trail) {
  const bool averaged = !course.golden.under("finalized").empty();  // fit ends with the averages as weights
  for (const auto& [path, expected] : course.golden.under(averaged ? "finalized" : "final"))
    expect_near(trail.variables.at("model/" + path), expected, course.bound, path);
}

class Resume : public testing::TestWithParam<std::string> {};

TEST_P(Resume, AfterEachStepEndsInTheSameBytesOnTheReference) {
  const Course course = course_of(GetParam(), {.bound = bound_of(GetParam(), {1e-9, 1e-12})});
  const Trail expected = never_broken_off(course, 0);
  expect_losses_of_keras(course, expected);
  expect_weights_of_keras(course, expected);
  for (std::size_t stage = 0; stage < course.stages.size(); ++stage) {
    const FitArguments& a = course.stages[stage].arguments;
    const std::int64_t steps = (course.stages[stage].data.rows() + a.batch_size - 1) / a.batch_size;
    for (std::int64_t step = 1; step <= a.epochs * steps; ++step) {
      SCOPED_TRACE("broken off in stage " + std::to_string(stage) + " after step " + std::to_string(step));
      const TemporaryFolder folder;
      expect_same(broken_off(course, {stage, step, folder.path()}, 0, 0), expected);
    }
  }
}

TEST_P(Resume, WithOtherThreadsEndsInTheSameBytesOnTheCpu) {
  const std::string dtype = is_mixed(GetParam()) ? "" : "float32";
  const Course course = course_of(GetParam(), {.backend = "cpu", .dtype = dtype, .bound = bound_of(GetParam(), {2e-3, 2e-4})});
  const Trail expected = never_broken_off(course, 1);
  expect_losses_of_keras(course, expected);
  expect_weights_of_keras(course, expected);
  for (const auto& [before, afterwards] : {std::pair(1, 1), {2, 4}, {4, 1}}) {
    SCOPED_TRACE(std::to_string(before) + " threads, then " + std::to_string(afterwards));
    const TemporaryFolder folder;
    expect_same(broken_off(course, {0, 2, folder.path()}, before, afterwards), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, Resume, testing::ValuesIn(all_probes()), [](const auto& info) { return info.param; });

// The same of a step of a program's own, which is no fit: two models and two optimizers in one file.
TEST(ResumeOfAStep, AfterEachStepEndsInTheSameBytes) {
  const Golden golden("gan");
  for (const RunOptions& run : {RunOptions{.backend = "reference", .dtype = "float64"}, RunOptions{.backend = "cpu", .threads = 2}}) {
    struct End { std::vector<Logs> logs; std::map<std::string, Tensor> state; };
    const auto train = [&](Gan& gan, Step& step, int first, int last, End& end) {
      for (int k = first; k < last; ++k) end.logs.push_back(step(golden.under("step" + std::to_string(k) + "/x")));
      end.state = step.state();
      for (const Model& m : {gan.generator, gan.discriminator})
        for (const auto& [path, t] : m.weights()) end.state[m.name() + "/" + path] = t;
    };
    End expected;
    Gan whole(golden, run);
    Step whole_step(whole, run);
    train(whole, whole_step, 0, 5, expected);
    for (int at = 1; at < 5; ++at) {
      const TemporaryFolder folder;
      End found;
      {
        Gan gan(golden, run);
        Step step(gan, run);
        train(gan, step, 0, at, found);
        step.save(folder / "gan.h5");
      }
      Gan gan(golden, run);
      Step step(gan, run);
      step.load(folder / "gan.h5");
      train(gan, step, at, 5, found);
      EXPECT_EQ(found.logs, expected.logs);
      ASSERT_EQ(found.state.size(), expected.state.size());
      for (const auto& [name, t] : expected.state) EXPECT_TRUE(same_bytes(found.state.at(name), t)) << name << ", from step " << at;
    }
  }
}

}  // namespace
}  // namespace strata
