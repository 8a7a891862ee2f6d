// The spec language as a JSON Schema, from the schemas of the components: completion and checking in editors.
#pragma once

#include "src/spec/tree.h"

namespace strata {

// In keywords that draft 7 and 2020-12 share.
Node spec_json_schema();

}  // namespace strata
