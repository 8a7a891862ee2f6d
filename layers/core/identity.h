#pragma once

#include <strata/layer.h>

namespace strata {

struct Identity {
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<Identity>("Identity", "Its input.", activity_field<Identity>(), layer_fields<Identity>());
  }

  Value call(Scope&, Value x) const { return x; }
};

}  // namespace strata
