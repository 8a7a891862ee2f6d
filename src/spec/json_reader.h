#pragma once

#include "src/spec/diagnostics.h"
#include "src/spec/tree.h"

namespace strata {

// One JSON text (RFC 8259), strictly: see reader.h.
Node read_json(const SourceRef& source, Diagnostics& diagnostics);

}  // namespace strata
