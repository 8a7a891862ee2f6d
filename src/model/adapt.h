// Layers that learn from data before training: Normalization, TextVectorization, ...
#pragma once

#include "src/model/model_state.h"

namespace strata {

// Runs the adaptation of every layer that has one over the rows of `x`; `only_new`: of those that were never adapted.
void adapt_layers(ModelState& state, const Arrays& x, bool only_new);

}  // namespace strata
