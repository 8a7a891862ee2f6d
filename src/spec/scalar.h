// Unquoted scalars by the core schema of YAML 1.2 (yaml.org/spec/1.2.2, section 10.3.2), which JSON's are a part of.
#pragma once

#include <string>
#include <string_view>

#include "src/spec/tree.h"

namespace strata {

// `no`, `on` and `1_000` are strings. Two departures, both refusals: an integer with a leading zero (`010` is 8 in
// YAML 1.1, 10 in YAML 1.2 and an error in JSON), and what int64 or double cannot hold. Then `problem` and `hint` say
// so, and the node has the value 0.
Node scalar_node(std::string_view token, std::string* problem, std::string* hint);
Node quoted_node(std::string value);

// The shortest text that reads back as the same double, always with a point or an exponent; .inf, -.inf, .nan.
std::string number_text(double value);

}  // namespace strata
