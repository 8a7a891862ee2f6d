// How large and how deep a spec may be. Nothing that people write comes near; a hostile text ends in an error.
#pragma once

#include <cstddef>

namespace strata::spec_limits {

constexpr std::size_t nodes = 1'000'000;
constexpr std::size_t yaml_nesting = 64;
constexpr std::size_t json_nesting = 128;
constexpr std::size_t alias_nodes = 100'000;  // that aliases may add, all together
constexpr std::size_t alias_depth = 16;       // aliases inside what an alias brings
constexpr std::size_t string_bytes = std::size_t{64} << 10;

}  // namespace strata::spec_limits
