// Objects that a spec can name: layers, activations, initializers, losses, optimizers, callbacks, ... Each is a plain struct
// with a schema, held behind a handle of its kind.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <strata/schema.h>

namespace strata {

// What is known about a component's type: its schema, how to make one, and the functions of its kind.
struct ComponentType {
  std::string_view kind;  // "layer", "activation", "initializer", ...
  Schema schema;
  std::shared_ptr<void> (*create)();
  std::shared_ptr<void> (*take)(void*);  // one moved from the object given
  const void* functions;  // the table of its kind: LossFunctions, ...
};

// The type record of T as a component of kind K; K::functions_of<T>() makes the table. Those of the library's own types are in the
// library (<strata/bundled/...>, which cmake/Registry.cmake writes): a program that uses Dense compiles neither its schema nor its call.
template <class K, class T>
const ComponentType& component_type() {
  static_assert(Described<T>, "a component has `static Schema schema()`: <strata/schema.h>");
  static const auto functions = K::template functions_of<T>();
  static const ComponentType type{K::kind, T::schema(), [] { return std::shared_ptr<void>(std::make_shared<T>()); },
                                  [](void* o) { return std::shared_ptr<void>(std::make_shared<T>(std::move(*static_cast<T*>(o)))); },
                                  &functions};
  return type;
}

// --- the registry: every built-in type (generated lists), and what a program adds ---
// By class name, alias or snake_case spelling; null when there is none.
const ComponentType* find_component(std::string_view kind, std::string_view name);
// The same, or an error with a suggestion.
const ComponentType& component_named(std::string_view kind, std::string_view name);
std::vector<const ComponentType*> components(std::string_view kind);
// Makes a user's type known to specs and files. A name that is taken by another type is an error.
void register_component(const ComponentType& type);

// Keras' spelling of a class name: Conv2D conv2d, ReLU re_lu.
std::string snake_case(std::string_view class_name);

// An object from its config: `null`, "relu", {name, arguments}. Unknown arguments, missing ones, values out of range are errors.
std::shared_ptr<void> make_component(const ComponentType& type, const ObjectConfig& config);
ObjectConfig as_object(std::string_view kind, const Config& config);

// A handle on a component of kind K; may be empty ("no regularizer").
template <class K>
class Component {
 public:
  Component() = default;
  Component(std::nullptr_t) {}                                   // NOLINT
  Component(const char* name) { assign(Config(name)); }          // NOLINT
  Component(const std::string& name) { assign(Config(name)); }   // NOLINT
  template <Described T> requires(!std::is_base_of_v<Component<K>, T>)
  Component(T object)                                            // NOLINT
      : type_(&component_type<K, T>()), object_(type_->take(&object)) {}

  // An object made by make_component.
  Component(const ComponentType& type, std::shared_ptr<void> object) : type_(&type), object_(std::move(object)) {}

  explicit operator bool() const { return type_ != nullptr; }
  const ComponentType& type() const { return *type_; }
  const std::string& name() const { return type_->schema.name; }
  const void* object() const { return object_.get(); }
  void* object() { return object_.get(); }
  template <class T> const T* as() const {
    return type_ == &component_type<K, T>() ? static_cast<const T*>(object_.get()) : nullptr;
  }

  // The argument with this name, null where the component has none.
  Config argument(std::string_view name) const {
    const Field* f = type_ ? type_->schema.find(name) : nullptr;
    return f ? type_->schema.get(object_.get(), *f) : Config();
  }

  static FieldType field_type() { return {.kind = FieldKind::object, .nullable = true, .component = K::kind}; }
  Config config() const { return type_ ? Config(type_->schema.config(object_.get())) : Config(); }
  void assign(const Config& c) {
    if (c.is_null()) {
      type_ = nullptr;
      object_.reset();
      return;
    }
    const ObjectConfig object = as_object(K::kind, c);
    const ComponentType& type = component_named(K::kind, object.name);
    object_ = make_component(type, object);
    type_ = &type;
  }

 protected:
  template <class D = K>  // K is complete only where this is used
  const typename D::Functions& functions() const { return *static_cast<const typename D::Functions*>(type_->functions); }

  const ComponentType* type_ = nullptr;
  std::shared_ptr<void> object_;
};

}  // namespace strata
