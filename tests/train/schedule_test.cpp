#include <strata/constraint.h>
#include <strata/regularizer.h>
#include <strata/schedule.h>
#include "tests/train/golden.h"

namespace strata {
namespace {

TEST(Schedules, rates_of_thirty_steps_are_those_of_keras) {
  const Golden golden("schedules");
  EXPECT_THAT(classes_missing(golden, Schedule::kind), testing::IsEmpty());
  for (const std::string& name : golden.cases()) {
    Schedule schedule;
    schedule.assign(golden.object(name));
    const Tensor& values = golden.at(name + "/values");
    for (std::int64_t step = 0; step < values.elements(); ++step) {
      const auto got = run({Tensor::scalar<double>(static_cast<double>(step))}, [&](const std::vector<Value>& v) { return std::vector{schedule(v[0])}; });
      expect_close(got[0], Tensor::scalar<double>(values.at(step)), name + " step " + std::to_string(step));
    }
  }
}

TEST(Schedules, a_rate_is_a_number_or_a_schedule) {
  LearningRate rate = 0.5;
  rate.assign(Config::Mapping{{"ExponentialDecay", Config::Mapping{{"initial_learning_rate", 0.1}, {"decay_steps", 100}, {"decay_rate", 0.9}}}});
  EXPECT_FALSE(rate.is_number());
  EXPECT_EQ(rate.schedule().name(), "ExponentialDecay");
  rate.assign(1);
  EXPECT_TRUE(rate.is_number());
  EXPECT_EQ(rate.number(), 1);
  EXPECT_THROW(rate.assign(Config()), Error);
}

TEST(Regularizers, penalties_and_gradients_are_those_of_keras) {
  const Golden golden("regularizers");
  EXPECT_THAT(classes_missing(golden, Regularizer::kind), testing::IsEmpty());
  for (const std::string& name : golden.cases()) {
    Regularizer regularizer;
    regularizer.assign(golden.object(name));
    const auto got = run({golden.at("x")}, [&](const std::vector<Value>& v) -> std::vector<Value> {
      const Value penalty = regularizer(v[0]);
      return {penalty, gradients(penalty, {v[0]})[0]};
    });
    expect_close(got[0], golden.at(name + "/value"), name + " value");
    expect_close(got[1], golden.at(name + "/gradient"), name + " gradient");
  }
}

TEST(Constraints, projections_are_those_of_keras) {
  const Golden golden("constraints");
  EXPECT_THAT(classes_missing(golden, Constraint::kind), testing::IsEmpty());
  for (const std::string& name : golden.cases()) {
    Constraint constraint;
    constraint.assign(golden.object(name));
    const auto got = run({golden.at("x")}, [&](const std::vector<Value>& v) { return std::vector{constraint(v[0])}; });
    expect_close(got[0], golden.at(name + "/y"), name);
  }
}

}  // namespace
}  // namespace strata
