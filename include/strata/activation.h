// A function of one value: Keras' activations.
#pragma once

#include <strata/component.h>
#include <strata/value.h>

namespace strata {

// A struct is an activation when it has a schema and `Value call(Value x) const`.
class Activation : public Component<Activation> {
 public:
  static constexpr std::string_view kind = "activation";
  struct Functions { Value (*call)(const void* self, Value x); };
  template <class T> static Functions functions_of() {
    return {[](const void* self, Value x) { return static_cast<const T*>(self)->call(x); }};
  }
  using Component::Component;
  // No activation is the identity.
  Value operator()(Value x) const { return type_ ? functions().call(object_.get(), x) : x; }
};

}  // namespace strata

#include <strata/bundled/activation.h>
