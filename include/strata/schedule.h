// A learning rate that changes with the step.
#pragma once

#include <strata/component.h>
#include <strata/value.h>

namespace strata {

// A struct is a schedule when it has a schema and `Value call(Value step) const`; `step` is a floating scalar, the number
// of updates done so far.
class Schedule : public Component<Schedule> {
 public:
  static constexpr std::string_view kind = "schedule";
  struct Functions { Value (*call)(const void* self, Value step); };
  template <class T> static Functions functions_of() {
    return {[](const void* self, Value step) { return static_cast<const T*>(self)->call(step); }};
  }
  using Component::Component;
  Value operator()(Value step) const { return functions().call(object_.get(), step); }
  // The rate as a number, computed on the host.
  double at(double step) const;
};

// A number or a schedule: what every optimizer's learning_rate takes.
class LearningRate {
 public:
  LearningRate(double number) : number_(number) {}                     // NOLINT
  LearningRate(Schedule schedule) : schedule_(std::move(schedule)) {}  // NOLINT
  template <Described T> LearningRate(T schedule) : schedule_(std::move(schedule)) {}  // NOLINT
  bool is_number() const { return !schedule_; }
  double number() const { return number_; }
  const Schedule& schedule() const { return schedule_; }

  static FieldType field_type() { return {.kind = FieldKind::any, .component = Schedule::kind}; }
  Config config() const { return schedule_ ? schedule_.config() : Config(number_); }
  void assign(const Config& c) {
    if (c.is_number()) *this = LearningRate(c.number());
    else if (c.is_null()) expected("a number or a schedule", c);
    else schedule_.assign(c);
  }

 private:
  double number_ = 0;
  Schedule schedule_;
};

}  // namespace strata

#include <strata/bundled/schedule.h>
