#pragma once

#include <functional>

#include <strata/callback.h>
#include <strata/schedule.h>

namespace strata {

// The rate of an epoch: a schedule whose step is the epoch, or, in a program, a function of the epoch, from 0, and the
// rate so far.
class EpochRate {
 public:
  using Function = std::function<double(int epoch, double rate)>;
  EpochRate() = default;
  template <class F>
  requires std::is_invocable_r_v<double, F, int, double> EpochRate(F function)
      : function_(std::move(function)) {}  // NOLINT
  template <class F>
  requires(std::is_invocable_r_v<double, F, int> && !std::is_invocable_v<F, int, double>) EpochRate(F function)
      : function_([function](int epoch, double) { return function(epoch); }) {}  // NOLINT
  EpochRate(Schedule schedule) : schedule_(std::move(schedule)) {}               // NOLINT
  template <Described T>
  EpochRate(T schedule) : schedule_(std::move(schedule)) {}  // NOLINT

  double operator()(int epoch, double rate) const { return function_ ? function_(epoch, rate) : schedule_.at(epoch); }

  static FieldType field_type() { return {.kind = FieldKind::object, .component = Schedule::kind}; }
  Config config() const { return schedule_.config(); }
  void assign(const Config& c) {
    if (c.is_null()) expected("a schedule", c);
    function_ = nullptr;
    schedule_.assign(c);
  }

 private:
  Function function_;
  Schedule schedule_;
};

struct LearningRateScheduler {
  Required<EpochRate> schedule = unset;
  std::int64_t verbose = 0;

  static Schema schema() {
    return describe<LearningRateScheduler>(
        "LearningRateScheduler", "Sets the learning rate at the beginning of each epoch.",
        field("schedule", &LearningRateScheduler::schedule, "The schedule; its step is the epoch, from 0."),
        field("verbose", &LearningRateScheduler::verbose, "1: says each rate.", between(0, 1)));
  }

  void on_train_begin(Training& t) { t.set_learning_rate(t.learning_rate()); }  // a schedule is refused before training

  void on_epoch_begin(int epoch, Training& t) {
    const double rate = (*schedule)(epoch, t.learning_rate());
    t.set_learning_rate(rate);
    if (verbose > 0)
      t.say("LearningRateScheduler: in epoch " + std::to_string(epoch + 1) + " the learning rate is " +
            Config(rate).str() + ".");
  }
  void on_epoch_end(int, Logs& logs, Training& t) { set_log(logs, "learning_rate", t.learning_rate()); }
};

}  // namespace strata
