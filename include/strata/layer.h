// A layer: Keras' name, arguments and defaults, weights, and a call written in ops. It has no backward, no shape function,
// no JSON code, no device branch. docs/design.md, section 3, shows one whole.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/component.h>
#include <strata/scope.h>

namespace strata {

// What a layer does with the mask of its first input.
enum class Mask {
  stops,   // ends here (Keras' default)
  passes,  // its outputs carry it on
  custom,  // call reads it with Scope::mask and sets it with Scope::set_mask
};

// Statistics that a layer takes from the data before training (Normalization, TextVectorization).
class Adaptation {
 public:
  virtual ~Adaptation() = default;
  virtual void observe(const Tensor& batch) = 0;
  // Values of the layer's states, by name. A name that is no state is an argument, which takes the value as a list.
  virtual std::map<std::string, Tensor> finish() = 0;
};

// A struct is a layer when it has a schema with the arguments name, trainable, dtype, and `call(Scope&, inputs) const`,
// where inputs is a Value, two Values, a vector of Values or Inputs, and the result a Value or a vector of Values. It may
// have `static constexpr Mask mask`, `static constexpr bool autocast` and `std::unique_ptr<Adaptation> adaptation() const`.
class Layer : public Component<Layer> {
 public:
  static constexpr std::string_view kind = "layer";
  struct Functions {
    std::vector<Value> (*call)(const void* self, Scope& scope, const Inputs& inputs);
    Mask mask;
    int inputs;  // how many values call takes; -1: any number
    bool autocast;  // whether floats enter in the compute dtype
    std::unique_ptr<Adaptation> (*adaptation)(const void* self);  // null: nothing to adapt
  };
  template <class T> static Functions functions_of();

  using Component::Component;
  // Calls share weights when they are calls of one Layer; copies of a Layer are that layer.
  bool same_as(const Layer& other) const { return object_ == other.object_; }

  // The argument `name`, or empty: the model then gives Keras' automatic one.
  std::string given_name() const;
  bool trainable() const;
  // Policy given for this layer alone, or null.
  Config dtype() const { return argument("dtype"); }

  Mask mask() const { return functions().mask; }
  int inputs() const { return functions().inputs; }
  bool autocast() const { return functions().autocast; }
  std::vector<Value> call(Scope& scope, const Inputs& inputs) const { return functions().call(object_.get(), scope, inputs); }
  std::unique_ptr<Adaptation> adaptation() const { return functions().adaptation ? functions().adaptation(object_.get()) : nullptr; }

  static FieldType field_type() { return {.kind = FieldKind::layer, .component = kind}; }
};

// The arguments that every layer ends with.
template <class T>
Fields layer_fields() {
  return {field("name", &T::name, "Name of the layer in the model, in messages and files."),
          field("trainable", &T::trainable, "Whether training changes its weights."),
          field("dtype", &T::dtype, "Dtype policy: float32, float64, bfloat16, float16, mixed_bfloat16.")};
}
template <class T>
Field activity_field() {
  return field("activity_regularizer", &T::activity_regularizer, "Penalty on the output.");
}
template <class T>
Fields kernel_fields() {
  return {field("kernel_initializer", &T::kernel_initializer, "How the kernel begins."),
          field("kernel_regularizer", &T::kernel_regularizer, "Penalty on the kernel."),
          field("kernel_constraint", &T::kernel_constraint, "Projection of the kernel after each update.")};
}
template <class T>
Fields bias_fields() {
  return {field("bias_initializer", &T::bias_initializer, "How the bias begins."),
          field("bias_regularizer", &T::bias_regularizer, "Penalty on the bias."),
          field("bias_constraint", &T::bias_constraint, "Projection of the bias after each update.")};
}

namespace detail {

inline std::vector<Value> as_vector(Value v) { return {v}; }
inline std::vector<Value> as_vector(std::vector<Value> v) { return v; }

// One struct per form of `call`.
template <class T> concept CallsOne = requires(const T& t, Scope& s, Value v) { t.call(s, v); };
template <class T> concept CallsTwo = requires(const T& t, Scope& s, Value v) { t.call(s, v, v); };
template <class T> concept CallsInputs = requires(const T& t, Scope& s, const Inputs& in) { t.call(s, in); };

template <class T>
std::vector<Value> call_layer(const void* self, Scope& s, const Inputs& in) {
  const T& layer = *static_cast<const T*>(self);
  if constexpr (CallsOne<T>) return as_vector(layer.call(s, in[0]));
  else if constexpr (CallsTwo<T>) return as_vector(layer.call(s, in[0], in[1]));
  else if constexpr (CallsInputs<T>) return as_vector(layer.call(s, in));
  else return as_vector(layer.call(s, in.values()));
}

}  // namespace detail

template <class T>
Layer::Functions Layer::functions_of() {
  Functions f{&detail::call_layer<T>, Mask::stops, detail::CallsOne<T> ? 1 : detail::CallsTwo<T> ? 2 : -1, true, nullptr};
  if constexpr (requires { T::mask; }) f.mask = T::mask;
  if constexpr (requires { T::autocast; }) f.autocast = T::autocast;
  if constexpr (requires(const T& t) { t.adaptation(); })
    f.adaptation = [](const void* self) -> std::unique_ptr<Adaptation> { return static_cast<const T*>(self)->adaptation(); };
  return f;
}

}  // namespace strata
