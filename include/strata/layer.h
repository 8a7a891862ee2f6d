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

// What `call` takes, by Keras' names: `inputs: {query: a, value: b}` and `call: {use_causal_mask: true}` of a spec, and the calls
// in a Keras file, go by it.
struct CallSignature {
  std::vector<std::string_view> inputs = {};  // one by one, in order; none: one list (Add, Concatenate)
  std::string_view rest = {};                 // of the values after them, a list: initial_state
  std::vector<std::string_view> values = {};  // by name alone: attention_mask
  std::vector<std::string_view> flags = {};   // what is no value: use_causal_mask
};

struct InnerLayer;

// A struct is a layer when it has a schema with the arguments name, trainable, dtype, and `call(Scope&, inputs) const`,
// where inputs is a Value, two Values, a vector of Values or Inputs, and the result a Value or a vector of Values. It may
// have `static constexpr Mask mask`, `static constexpr bool autocast`, `std::unique_ptr<Adaptation> adaptation() const`,
// `static CallSignature signature()`, `std::vector<InnerLayer> inner() const`, `bool mixes_rows() const` and
// `std::string keras_dtype() const`.
class Layer : public Component<Layer> {
 public:
  static constexpr std::string_view kind = "layer";
  struct Functions {
    std::vector<Value> (*call)(const void* self, Scope& scope, const Inputs& inputs);
    Mask mask;
    int inputs;  // how many values call takes; -1: any number
    bool autocast;  // whether floats enter in the compute dtype
    std::unique_ptr<Adaptation> (*adaptation)(const void* self);  // null: nothing to adapt
    std::optional<CallSignature> (*signature)();                  // absent: any named values and arguments
    std::vector<InnerLayer> (*inner)(const void* self);
    bool (*mixes_rows)(const void* self);
    std::string (*keras_dtype)(const void* self);
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
  // The policy that Keras' class insists on where none is given; "": it takes the model's.
  std::string keras_dtype() const { return functions().keras_dtype(object_.get()); }

  Mask mask() const { return functions().mask; }
  int inputs() const { return functions().inputs; }
  bool autocast() const { return functions().autocast; }
  std::vector<Value> call(Scope& scope, const Inputs& inputs) const { return functions().call(object_.get(), scope, inputs); }
  std::unique_ptr<Adaptation> adaptation() const { return functions().adaptation ? functions().adaptation(object_.get()) : nullptr; }
  std::optional<CallSignature> signature() const { return functions().signature(); }
  std::vector<InnerLayer> inner() const;
  // Whether a row's output depends on the other rows of the batch, or on batches before: statistics, kept states.
  bool mixes_rows() const { return functions().mixes_rows(object_.get()); }
  // A new layer of this class, some arguments changed.
  Layer with(const Config::Mapping& changes) const;

  static FieldType field_type() { return {.kind = FieldKind::layer, .component = kind}; }
};

template <> struct Member<std::vector<Layer>> {
  static FieldType type() { return {.kind = FieldKind::layers, .component = Layer::kind}; }
  static Config get(const std::vector<Layer>& m) {
    Config::List list;
    for (const Layer& layer : m) list.push_back(layer.config());
    return list;
  }
  static void set(std::vector<Layer>& m, const Config& c) {
    const auto* list = c.as<Config::List>();
    if (!list) expected("a list of layers", c);
    m.clear();
    for (const Config& item : *list) m.emplace_back().assign(item);
  }
};

// Where a layer keeps the weights of what is inside it.
struct InnerLayer {
  std::string name;       // of their scope: "forward_lstm"
  std::string attribute;  // that holds it in Keras, a group of Keras' files: "forward_layer"
  Layer layer = {};       // empty: weights alone
};

inline std::vector<InnerLayer> Layer::inner() const { return functions().inner(object_.get()); }
inline Layer Layer::with(const Config::Mapping& changes) const {
  ObjectConfig changed = type().schema.config(object());
  for (auto& [name, value] : changed.arguments)
    for (const auto& [wanted, to] : changes)
      if (name == wanted) value = to;
  return {type(), make_component(type(), changed)};
}

// The arguments that every layer ends with.
template <class T>
Fields layer_fields() {
  return {field("name", &T::name, "Name of the layer in the model, in messages and files."),
          field("trainable", &T::trainable, "Whether training changes its weights."),
          field("dtype", &T::dtype, "Dtype policy: float32, float64, bfloat16, float16, mixed_bfloat16, mixed_float16.")};
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
  constexpr int inputs = detail::CallsOne<T> ? 1 : detail::CallsTwo<T> ? 2 : -1;
  Functions f{&detail::call_layer<T>, Mask::stops, inputs, true, nullptr, nullptr, nullptr, nullptr, nullptr};
  f.signature = []() -> std::optional<CallSignature> {
    if constexpr (requires { T::signature(); }) return T::signature();
    else if constexpr (detail::CallsOne<T> || detail::CallsTwo<T>) return CallSignature{};
    else return std::nullopt;
  };
  f.inner = []([[maybe_unused]] const void* self) -> std::vector<InnerLayer> {
    if constexpr (requires(const T& t) { t.inner(); }) return static_cast<const T*>(self)->inner();
    else return {};
  };
  f.mixes_rows = []([[maybe_unused]] const void* self) {
    if constexpr (requires(const T& t) { t.mixes_rows(); }) return static_cast<const T*>(self)->mixes_rows();
    else return false;
  };
  f.keras_dtype = []([[maybe_unused]] const void* self) -> std::string {
    if constexpr (requires(const T& t) { t.keras_dtype(); }) return static_cast<const T*>(self)->keras_dtype();
    else return {};
  };
  if constexpr (requires { T::mask; }) f.mask = T::mask;
  if constexpr (requires { T::autocast; }) f.autocast = T::autocast;
  if constexpr (requires(const T& t) { t.adaptation(); })
    f.adaptation = [](const void* self) -> std::unique_ptr<Adaptation> { return static_cast<const T*>(self)->adaptation(); };
  return f;
}

}  // namespace strata

#include <strata/bundled/layer.h>
