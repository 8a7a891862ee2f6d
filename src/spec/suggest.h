// "did you mean ...?"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// The names that `word` may have been meant as, best first, at most `count`: what other libraries call the same thing
// (lr: learning_rate), a different case, then spelling (Damerau's distance, optimal string alignment: a transposition
// counts 1). `candidates` are the names that are valid at that place.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates, std::size_t count);
std::optional<std::string> suggest(std::string_view word, const std::vector<std::string>& candidates);
// "did you mean 'learning_rate'?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace strata
