// What training reports: a running value over the batches of an epoch, kept on the device.
#pragma once

#include <strata/component.h>
#include <strata/scope.h>

namespace strata {

// A struct is a metric when it has a schema with the argument `name`, and
// `Value call(Scope& s, Value y_true, Value y_pred, Value weight) const`: it declares states with s.state, updates them with
// s.update, and returns the value so far: a scalar, or a vector, which is reported element by element as name[0], name[1], ...
// `weight` may be "no value"; a mask arrives multiplied into it.
class Metric : public Component<Metric> {
 public:
  static constexpr std::string_view kind = "metric";
  struct Functions { Value (*call)(const void* self, Scope& s, Value y_true, Value y_pred, Value weight); };
  template <class T> static Functions functions_of() {
    return {[](const void* self, Scope& s, Value y_true, Value y_pred, Value weight) {
      return static_cast<const T*>(self)->call(s, y_true, y_pred, weight);
    }};
  }
  using Component::Component;
  // The argument `name`, else Keras' automatic one.
  std::string log_name() const;
  Value operator()(Scope& s, Value y_true, Value y_pred, Value weight = {}) const {
    return functions().call(object_.get(), s, y_true, y_pred, weight);
  }
};

// The weighted mean of `values` over everything seen: states `total` and `count`. Weights broadcast from the left:
// (N) weighs every value of its row.
Value running_mean(Scope& s, Value values, Value weight);
// The sum of `value` over everything seen, in the state `name`.
Value running_sum(Scope& s, std::string_view name, Value value);
// A weight with as many axes as the values that it weighs: (N) for (N, T, C) becomes (N, 1, 1).
Value with_axes_of(Value weight, Value values);

template <class T>
Fields metric_fields() {
  return {field("name", &T::name, "Name in logs."), field("dtype", &T::dtype, "Dtype of the computation.")};
}

}  // namespace strata

#include <strata/bundled/metric.h>
