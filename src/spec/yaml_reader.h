#pragma once

#include "src/spec/diagnostics.h"
#include "src/spec/tree.h"

namespace strata {

// One YAML 1.2 document, strictly: see reader.h.
Node read_yaml(const SourceRef& source, Diagnostics& diagnostics);

}  // namespace strata
