#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Threshold {
  Required<double> threshold = unset;
  Required<double> default_value = unset;

  static Schema schema() {
    return describe<Threshold>("threshold", "y = x where x > threshold, else default_value.",
        field("threshold", &Threshold::threshold, "Inputs up to this are replaced."),
        field("default_value", &Threshold::default_value, "What replaces them."));
  }
  Value call(Value x) const { return select(x > *threshold, x, *default_value); }
};

}  // namespace strata::activations
