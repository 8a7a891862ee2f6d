// A projection of a weight, applied after each update.
#pragma once

#include <strata/component.h>
#include <strata/value.h>

namespace strata {

// A struct is a constraint when it has a schema and `Value call(Value w) const` that gives a value of the same shape.
class Constraint : public Component<Constraint> {
 public:
  static constexpr std::string_view kind = "constraint";
  struct Functions { Value (*call)(const void* self, Value w); };
  template <class T> static Functions functions_of() {
    return {[](const void* self, Value w) { return static_cast<const T*>(self)->call(w); }};
  }
  using Component::Component;
  Value operator()(Value w) const { return functions().call(object_.get(), w); }
};

}  // namespace strata

#include <strata/bundled/constraint.h>
