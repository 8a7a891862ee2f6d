#pragma once

#include <strata/activation.h>
#include <strata/layer.h>

namespace strata {

// Keras' layer `Activation`; in C++ that is the name of the function's handle.
struct ActivationLayer {
  Required<Activation> activation = unset;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<ActivationLayer>("Activation", "A function applied to every element.",
        field("activation", &ActivationLayer::activation, "The function."),
        activity_field<ActivationLayer>(), layer_fields<ActivationLayer>());
  }

  Value call(Scope&, Value x) const { return (*activation)(x); }
};

}  // namespace strata
