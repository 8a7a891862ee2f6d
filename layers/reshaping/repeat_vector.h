#pragma once

#include <strata/layer.h>

namespace strata {

// x (N, features) -> (N, n, features).
struct RepeatVector {
  Required<std::int64_t> n = unset;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RepeatVector>("RepeatVector", "Its input at every step of a sequence.",
        field("n", &RepeatVector::n, "Number of steps.", at_least(1)),
        activity_field<RepeatVector>(), layer_fields<RepeatVector>());
  }

  Value call(Scope&, Value x) const {
    if (x.rank() != 2)
      throw Error(ErrorKind::spec, "RepeatVector takes an input of 2 axes, (batch, features); received " + x.shape().str());
    return broadcast_to(expand_dims(x, 1), {x.dim(0), *n, x.dim(1)});
  }
};

}  // namespace strata
