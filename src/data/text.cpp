#include <strata/text.h>

#include <algorithm>

namespace strata {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_punctuation(char c) { return c > ' ' && c < '\x7f' && !(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }

// Bytes of the character that begins at `at`; 0 where there is none.
std::size_t character_bytes(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t n = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (n == 0 || at + n > text.size()) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  const unsigned char second = byte(at + 1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool outside = (lead == 0xed && second >= 0xa0) || (lead == 0xf4 && second >= 0x90);  // surrogates; above U+10FFFF
  return overlong || outside ? 0 : n;
}

}  // namespace

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string without_punctuation(std::string text) {
  std::erase_if(text, is_punctuation);
  return text;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (auto at = text.begin();;) {
    at = std::find_if_not(at, text.end(), is_space);
    if (at == text.end()) return words;
    const auto end = std::find_if(at, text.end(), is_space);
    words.emplace_back(at, end);
    at = end;
  }
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0, n; at < text.size(); at += n)
    if ((n = character_bytes(text, at)) == 0) return false;
  return true;
}

std::vector<std::string> split_characters(std::string_view text) {
  std::vector<std::string> characters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = character_bytes(text, at);
    if (n == 0) characters.emplace_back("\xef\xbf\xbd");
    else characters.emplace_back(text.substr(at, n));
    at += std::max<std::size_t>(n, 1);
  }
  return characters;
}

std::vector<std::string> ngrams(const std::vector<std::string>& tokens, const std::vector<std::int64_t>& widths) {
  std::vector<std::string> all;
  for (const std::int64_t width : widths)
    for (std::size_t first = 0; first + static_cast<std::size_t>(width) <= tokens.size(); ++first) {
      std::string gram = tokens[first];
      for (std::size_t i = 1; i < static_cast<std::size_t>(width); ++i) gram += " " + tokens[first + i];
      all.push_back(std::move(gram));
    }
  return all;
}

}  // namespace strata
