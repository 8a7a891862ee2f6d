// A penalty on a weight or an activity, added to the loss.
#pragma once

#include <strata/component.h>
#include <strata/value.h>

namespace strata {

// A struct is a regularizer when it has a schema and `Value call(Value w) const` that gives a scalar.
class Regularizer : public Component<Regularizer> {
 public:
  static constexpr std::string_view kind = "regularizer";
  struct Functions { Value (*call)(const void* self, Value w); };
  template <class T> static Functions functions_of() {
    return {[](const void* self, Value w) { return static_cast<const T*>(self)->call(w); }};
  }
  using Component::Component;
  Value operator()(Value w) const { return functions().call(object_.get(), w); }
};

}  // namespace strata

#include <strata/bundled/regularizer.h>
