// What a component is and takes, for people: `strata describe`.
#pragma once

#include <string>
#include <vector>

namespace strata {

// The kinds of things that have a name in a spec, in the order of a list.
const std::vector<std::string>& described_kinds();
// One name, of whatever kinds have it: its sentence, its other names, its arguments with type, default, limits and sentence.
// An unknown name is an Error with a suggestion.
std::string describe_component(const std::string& name);
// Every name by kind.
std::string list_components();

}  // namespace strata
