// What training makes small.
#pragma once

#include <strata/component.h>
#include <strata/ops.h>

namespace strata {

// A struct is a loss when it has a schema with the argument `reduction`, and `Value call(Value y_true, Value y_pred) const`
// that gives one value per sample: y_pred's shape less its last axis, as Keras' loss functions do.
class Loss : public Component<Loss> {
 public:
  static constexpr std::string_view kind = "loss";
  struct Functions { Value (*call)(const void* self, Value y_true, Value y_pred); };
  template <class T> static Functions functions_of() {
    return {[](const void* self, Value y_true, Value y_pred) { return static_cast<const T*>(self)->call(y_true, y_pred); }};
  }
  using Component::Component;
  // One value per sample.
  Value values(Value y_true, Value y_pred) const { return functions().call(object_.get(), y_true, y_pred); }
  // The scalar: values times sample weight and mask, reduced. `sum_over_batch_size` divides by the number of values, not
  // by the sum of the weights; a mask counts only what it lets through. (Keras' reduce_weighted_values.)
  Value operator()(Value y_true, Value y_pred, Value sample_weight = {}, Value mask = {}) const;
};

inline Limits loss_reductions() { return one_of({"sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none"}); }

template <class T>
Fields loss_fields() {
  return {field("reduction", &T::reduction, "How the values of the samples become one.", loss_reductions()),
          field("name", &T::name, "Name in logs and files."),
          field("dtype", &T::dtype, "Dtype of the computation.")};
}

}  // namespace strata
