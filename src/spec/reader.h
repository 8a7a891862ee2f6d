// The one way from a text to a tree.
#pragma once

#include "src/spec/diagnostics.h"
#include "src/spec/tree.h"

namespace strata {

// JSON by the ending .json, YAML by .yaml and .yml; any other name by the first character: JSON begins with { or [.
// What can be read on after a mistake (a key given twice, an unknown tag, an integer out of range) is added to
// `diagnostics`; after a broken syntax or a limit a SpecError carries everything found so far.
Node read_tree(const SourceRef& source, Diagnostics& diagnostics);
// A SpecError if anything is wrong.
Node read_tree(const SourceRef& source);

}  // namespace strata
