// What the house allows (docs/design.md, section 2), read off the #include and #if lines of a source.
#pragma once

#include <string>
#include <vector>

namespace strata {

// One line per broken rule: "src/graph/x.cpp:3: #include "src/model/fit.h": src/graph may not use src/model".
std::vector<std::string> broken_rules(const std::string& path, const std::string& text);

}  // namespace strata
