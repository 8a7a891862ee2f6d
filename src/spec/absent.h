// What Keras has and Strata has not: said by its name, not answered with the name of something else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace strata {

struct Absence {
  std::string message, hint;
};

std::optional<Absence> absence_of(std::string_view kind, std::string_view name);

}  // namespace strata
