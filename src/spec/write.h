// A tree as text again. Reading what was written gives an equal tree.
#pragma once

#include <string>

#include "src/spec/tree.h"

namespace strata {

// Block style; a list of scalars that fits a line is written [a, b]. Quotes where the text would be read as something
// else. Ends with a line break.
std::string write_yaml(const Node& node);
// indent < 0: on one line. A number that is not finite has no JSON form and becomes null; keys become strings.
std::string write_json(const Node& node, int indent = 2);

}  // namespace strata
