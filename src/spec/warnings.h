// What is allowed and yet most likely a mistake, as far as the spec alone tells.
#pragma once

#include "src/spec/spec.h"

namespace strata {

// A probability loss on a linear layer without from_logits; labels that cannot fit the output; nothing to train.
void warn_about(const Spec& spec, Diagnostics& diagnostics);

}  // namespace strata
