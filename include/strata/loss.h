// What training makes small.
#pragma once

#include <strata/component.h>
#include <strata/ops.h>

namespace strata {

// A struct is a loss when it has a schema with the argument `reduction`, and `Value call(Value y_true, Value y_pred) const`
// that gives one value per sample: y_pred's shape less its last axis, as Keras' loss functions do. `Value mask(Value y_true,
// Value y_pred) const` is there where some samples do not count, `static constexpr bool takes_classes = true` where y_true
// holds class numbers: they are checked before they reach a device.
class Loss : public Component<Loss> {
 public:
  static constexpr std::string_view kind = "loss";
  struct Functions {
    Value (*call)(const void* self, Value y_true, Value y_pred);
    Value (*mask)(const void* self, Value y_true, Value y_pred);  // null: every sample counts
    bool takes_classes;
  };
  template <class T> static Functions functions_of() {
    Functions f{[](const void* self, Value y_true, Value y_pred) { return of<T>(self).call(y_true, y_pred); }, nullptr, false};
    if constexpr (requires(const T& t, Value v) { t.mask(v, v); })
      f.mask = [](const void* self, Value y_true, Value y_pred) { return of<T>(self).mask(y_true, y_pred); };
    if constexpr (requires { T::takes_classes; }) f.takes_classes = T::takes_classes;
    return f;
  }
  using Component::Component;
  // One value per sample.
  Value values(Value y_true, Value y_pred) const;
  bool takes_classes() const { return functions().takes_classes; }
  // The samples that count, as booleans, or none where all do.
  Value mask(Value y_true, Value y_pred) const;
  // The scalar: values times sample weight and mask, reduced. `sum_over_batch_size` divides by the number of values, not
  // by the sum of the weights; a mask counts only what it lets through. (Keras' reduce_weighted_values.)
  Value operator()(Value y_true, Value y_pred, Value sample_weight = {}, Value mask = {}) const;

 private:
  template <class T> static const T& of(const void* self) { return *static_cast<const T*>(self); }
};

// Ranks that differ by a last axis of size 1 are made equal: (N, 1) and (N) become (N, 1) and (N, 1); of higher ranks the
// axis goes away.
std::pair<Value, Value> same_rank(Value a, Value b);
// An error that names the loss and both shapes, where axes that are known differ.
void check_same_shape(const std::string& kind, const std::string& name, Value y_true, Value y_pred);

inline Limits loss_reductions() { return one_of({"sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none"}); }

template <class T>
Fields loss_fields() {
  return {field("reduction", &T::reduction, "How the values of the samples become one.", loss_reductions()),
          field("name", &T::name, "Name in logs and files."),
          field("dtype", &T::dtype, "Dtype of the computation.")};
}

}  // namespace strata

#include <strata/bundled/loss.h>
