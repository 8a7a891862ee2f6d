// The list of built-in components: generated, see cmake/Registry.cmake.
#pragma once

#include <span>
#include <vector>

#include <strata/component.h>

namespace strata {

// A component's kind, and the function that makes its record when it is first asked for.
struct BuiltinComponent {
  std::string_view kind;
  const ComponentType& (*type)();
};

std::vector<std::span<const BuiltinComponent>> builtin_components();

}  // namespace strata
