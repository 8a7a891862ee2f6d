// Texts as TextVectorization sees them: bytes in UTF-8, of which only ASCII has case, punctuation and white space, as in
// TensorFlow's string ops.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

std::string lower_case(std::string text);
std::string without_punctuation(std::string text);
// Words between runs of white space.
std::vector<std::string> split_words(std::string_view text);
bool is_utf8(std::string_view text);
// Characters; a byte that is no UTF-8 becomes U+FFFD.
std::vector<std::string> split_characters(std::string_view text);
// Every run of `width` tokens joined by blanks, width by width.
std::vector<std::string> ngrams(const std::vector<std::string>& tokens, const std::vector<std::int64_t>& widths);

}  // namespace strata
