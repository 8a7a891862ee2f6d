// Callbacks that set the learning rate.
#include <strata/callbacks/learning_rate_scheduler.h>
#include <strata/callbacks/reduce_lr_on_plateau.h>
#include <strata/schedules/exponential_decay.h>
#include "tests/train/golden.h"
#include "tests/train/recorded_training.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReduceLROnPlateau, each_epoch_has_the_rate_of_keras) {
  const Golden golden("callbacks");
  ASSERT_EQ(golden.cases().size(), 7u);
  for (const std::string& name : golden.cases()) {
    Callback callback;
    callback.assign(golden.object(name));
    const Tensor &watched = golden.at(name + "/watched"), &rates = golden.at(name + "/rates");
    Recorded t;
    callback.on_train_begin(t);
    for (int epoch = 0; epoch < static_cast<int>(watched.elements()); ++epoch) {
      Logs logs = {{"val_loss", watched.at(epoch)}};
      callback.on_epoch_end(epoch, logs, t);
      EXPECT_NEAR(*find_log(logs, "learning_rate"), rates.at(epoch), 1e-6 * rates.at(epoch))
          << name << " epoch " << epoch;
    }
    EXPECT_NEAR(t.rate, rates.at(watched.elements()), 1e-6 * t.rate) << name;
  }
}

TEST(ReduceLROnPlateau, goes_on_after_a_resume_where_it_was) {
  Recorded t;
  Logs logs = {{"val_loss", 1}};
  Callback before = ReduceLROnPlateau{.patience = 2, .verbose = 1};
  before.on_train_begin(t);
  before.on_epoch_end(0, logs, t);
  before.on_epoch_end(1, logs, t);
  Callback after = ReduceLROnPlateau{.patience = 2, .verbose = 1};
  after.on_train_begin(t);
  after.restore(before.state());
  after.on_epoch_end(2, logs, t);
  EXPECT_NEAR(t.rate, 0.01, 1e-12);
  ASSERT_EQ(t.said.size(), 1u);
  EXPECT_THAT(t.said[0], HasSubstr("after epoch 3 the learning rate is 0.01"));
}

// A rate that follows a schedule.
class Scheduled : public Recorded {
 public:
  void set_learning_rate(double) override {
    throw Error(ErrorKind::spec, "the learning rate follows a schedule and cannot be set");
  }
};

TEST(LearningRateCallbacks, refuse_a_scheduled_rate_before_training) {
  Scheduled t;
  EXPECT_THROW(Callback(ReduceLROnPlateau{}).on_train_begin(t), Error);
  EXPECT_THROW(Callback(LearningRateScheduler{.schedule = [](int) { return 0.1; }}).on_train_begin(t), Error);
}

std::vector<double> rates_of_epochs(Callback callback, int epochs) {
  Recorded t;
  std::vector<double> rates;
  callback.on_train_begin(t);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    Logs logs;
    callback.on_epoch_begin(epoch, t);
    callback.on_epoch_end(epoch, logs, t);
    rates.push_back(*find_log(logs, "learning_rate"));
  }
  return rates;
}

TEST(LearningRateScheduler, takes_a_function_of_the_epoch_or_of_epoch_and_rate) {
  EXPECT_THAT(rates_of_epochs(LearningRateScheduler{.schedule = [](int epoch) { return 1.0 / (epoch + 1); }}, 3),
              ElementsAre(1, 0.5, 1.0 / 3));
  EXPECT_THAT(
      rates_of_epochs(
          LearningRateScheduler{.schedule = [](int epoch, double rate) { return epoch == 0 ? 8.0 : rate / 2; }}, 3),
      ElementsAre(8, 4, 2));
}

TEST(LearningRateScheduler, takes_a_schedule_whose_step_is_the_epoch) {
  Callback callback;
  callback.assign(ObjectConfig{
      "LearningRateScheduler",
      {{"schedule",
        ObjectConfig{"ExponentialDecay", {{"initial_learning_rate", 0.5}, {"decay_steps", 1}, {"decay_rate", 0.5}}}}}});
  EXPECT_THAT(rates_of_epochs(callback, 3), ElementsAre(0.5, 0.25, 0.125));
  EXPECT_THROW(callback.assign(ObjectConfig{"LearningRateScheduler", {}}), Error);
}

}  // namespace
}  // namespace strata
