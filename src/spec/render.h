// A checked spec as a tree again, with every default written out.
#pragma once

#include "src/spec/spec.h"

namespace strata {

// Reading it gives the same model, training and data. With `absolute_paths`, data and model files are found from anywhere.
Node render_spec(const Spec& spec, bool absolute_paths = false);

}  // namespace strata
