// An argument's type, limits and default in words.
#pragma once

#include <string>

#include <strata/schema.h>

namespace strata {

// "integer", "number or null", "list of 2 integers, or one integer", "initializer", ...
std::string type_text(const Field& field);
// "at least 1", "between 0 and 1", "one of valid, same"; empty where there are none.
std::string limits_text(const Limits& limits);
std::string default_text(const Config& value);

}  // namespace strata
