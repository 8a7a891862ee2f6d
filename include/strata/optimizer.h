// How gradients change weights. An update rule is written in ops; whether it runs once over all weights laid end to end or
// once per weight is the trainer's business.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <strata/component.h>
#include <strata/ops.h>
#include <strata/schedule.h>

namespace strata {

// What a rule sees while it is traced: the slots of the weight at hand, the learning rate, the update's number.
class UpdateScope {
 public:
  virtual ~UpdateScope() = default;
  // A slot of the weight's shape and dtype (or of `shape`), which begins at `initial`; and its value after the update.
  virtual Value slot(std::string_view name, double initial = 0) = 0;
  virtual Value slot(std::string_view name, const Shape& shape, double initial) = 0;
  // A slot that begins as the weight itself.
  virtual Value slot_like_weight(std::string_view name) = 0;
  virtual void set_slot(std::string_view name, Value value) = 0;
  // A scalar of the optimizer as a whole (Nadam's u_product), one for all weights.
  virtual Value scalar(std::string_view name, double initial) = 0;
  virtual void set_scalar(std::string_view name, Value value) = 0;
  // The rate of this update, in the weight's dtype.
  virtual Value learning_rate() = 0;
  // Number of this update, from 1, in the weight's dtype.
  virtual Value step() = 0;
  // Of the weight, "dense/kernel"; not for rules that are elementwise, which see several weights at once.
  virtual std::string path() const = 0;
};

// A struct is an optimizer when it has a schema with the arguments below, and
// `Value update(UpdateScope& s, Value w, Value gradient) const` that gives the new weight.
// `static constexpr bool elementwise` says that each element is updated on its own, so that all weights can be one vector.
// `static int slot_group(std::string_view slot)` is there where Keras' files do not keep a weight's slots together,
// `std::optional<double> decay_of(std::string_view path, const Shape& shape) const` where weights decay differently.
// One that has no rule of its own says whose it takes: `const Optimizer& inner() const` in the place of update and elementwise.
class Optimizer : public Component<Optimizer> {
 public:
  static constexpr std::string_view kind = "optimizer";
  struct Functions {
    Value (*update)(const void* self, UpdateScope& s, Value w, Value gradient);
    bool elementwise;
    int (*slot_group)(std::string_view slot);  // null: all slots are of group 0
    std::optional<double> (*decay_of)(const void* self, std::string_view path, const Shape& shape);  // null: weight_decay
    const Optimizer& (*inner)(const void* self);  // null: the rule is its own
  };
  template <class T> static Functions functions_of() {
    if constexpr (requires(const T& t) { t.inner(); }) {
      return {nullptr, false, nullptr, nullptr, [](const void* self) -> const Optimizer& { return static_cast<const T*>(self)->inner(); }};
    } else {
      return functions_of_rule<T>();
    }
  }
  using Component::Component;
  // The optimizer whose rule changes the weights: this one, or the one that it wraps.
  const Optimizer& rule() const { return wraps() ? functions().inner(object_.get()) : *this; }
  bool wraps() const { return type_ && functions().inner; }
  bool elementwise() const { return functions().elementwise; }
  // Order in Keras files: the slots of group 0 weight by weight, then those of group 1 weight by weight, ...
  int slot_group(std::string_view slot) const { return functions().slot_group ? functions().slot_group(slot) : 0; }
  // The weight decay of one weight.
  std::optional<double> decay_of(std::string_view path, const Shape& shape) const {
    if (functions().decay_of) return functions().decay_of(object_.get(), path, shape);
    const Config decay = argument("weight_decay");
    return decay.is_number() ? std::optional(decay.number()) : std::nullopt;
  }
  Value update(UpdateScope& s, Value w, Value gradient) const { return functions().update(object_.get(), s, w, gradient); }

 private:
  template <class T> static Functions functions_of_rule() {
    Functions f{[](const void* self, UpdateScope& s, Value w, Value g) { return static_cast<const T*>(self)->update(s, w, g); },
                T::elementwise, nullptr, nullptr, nullptr};
    if constexpr (requires(std::string_view slot) { T::slot_group(slot); }) f.slot_group = &T::slot_group;
    if constexpr (requires(const T& t, std::string_view path, const Shape& shape) { t.decay_of(path, shape); })
      f.decay_of = [](const void* self, std::string_view path, const Shape& shape) { return static_cast<const T*>(self)->decay_of(path, shape); };
    return f;
  }
};

template <class T>
Field weight_decay_field() {
  return field("weight_decay", &T::weight_decay,
               "Decoupled decay: each update first takes learning_rate * weight_decay * w off w.", at_least(0));
}
// The arguments that every optimizer ends with.
template <class T>
Fields common_optimizer_fields() {
  return {field("clipnorm", &T::clipnorm, "Largest norm of each weight's gradient.", above(0)),
          field("clipvalue", &T::clipvalue, "Largest absolute value of each gradient element.", above(0)),
          field("global_clipnorm", &T::global_clipnorm, "Largest norm of all gradients together.", above(0)),
          field("use_ema", &T::use_ema, "Keep an exponential moving average of the weights."),
          field("ema_momentum", &T::ema_momentum, "Share of the old average that stays at each update.", between(0, 1)),
          field("ema_overwrite_frequency", &T::ema_overwrite_frequency,
                "Updates between two overwrites of the weights by their average; null: at the end of training.", at_least(1)),
          field("loss_scale_factor", &T::loss_scale_factor,
                "Factor on the loss, taken off the gradients again.", above(0)),
          field("gradient_accumulation_steps", &T::gradient_accumulation_steps,
                "Steps whose gradients are averaged into one update.", at_least(2)),
          field("name", &T::name, "Name in files.")};
}

template <class T>
Fields optimizer_fields() {
  Fields fields = common_optimizer_fields<T>();
  fields.insert(fields.begin(), weight_decay_field<T>());
  return fields;
}

}  // namespace strata

#include <strata/bundled/optimizer.h>
