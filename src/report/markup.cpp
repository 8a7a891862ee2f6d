#include "src/report/markup.h"

#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "src/report/style.h"

namespace strata {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

// The UTF-8 character at `at` (RFC 3629); one byte that is none where there is none.
Character character(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1, true};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + bytes > text.size()) return {};
  char32_t code = first & (0xFF >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(at + i) & 0x3F);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, bytes, true};
}

bool may_stand(char32_t c) {
  if (c < 0x20) return c == '\n' || c == '\t';
  const bool control = c >= 0x7F && c < 0xA0;
  const bool turns = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
  return !control && !turns && c != 0xFFFE && c != 0xFFFF;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character c = character(text, at);
    if (!c.valid || !may_stand(c.code)) result += "\xEF\xBF\xBD";
    else if (c.code == '&') result += "&amp;";
    else if (c.code == '<') result += "&lt;";
    else if (c.code == '>') result += "&gt;";
    else if (c.code == '"') result += "&quot;";
    else if (c.code == '\'') result += "&#39;";
    else result += text.substr(at, c.bytes);
    at += c.bytes;
  }
  return result;
}

std::string coordinate(double value) {
  const double hundredths = std::round(value * 100);
  if (hundredths == 0) return "0";
  std::string text = fmt::format("{:.2f}", hundredths / 100);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string shortened(const std::string& text, std::size_t characters) {
  std::size_t end = 0, count = 0, before_last = 0;
  while (end < text.size() && count <= characters) {
    if (count + 1 == characters) before_last = end;
    end += character(text, end).bytes;
    ++count;
  }
  return count > characters ? text.substr(0, before_last) + "…" : text;
}

double text_width(const std::string& text, double font_size) {
  double width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character c = character(text, at);
    at += c.bytes;
    if (c.code >= 0x1100) width += c.code >= 0x2000 && c.code < 0x2E80 ? 0.65 : 1;  // full-width scripts
    else if (c.code < 0x80 && std::string_view("iljtfrI.,:;'|()[] ").find(static_cast<char>(c.code)) != std::string_view::npos) width += 0.4;
    else if (c.code == 'm' || c.code == 'w' || c.code == 'M' || c.code == 'W' || c.code == '%') width += 0.96;
    else width += c.code >= 'A' && c.code <= 'Z' ? 0.71 : 0.63;
  }
  return width * font_size;
}

std::string data_uri(std::string_view media_type, std::span<const std::byte> bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = fmt::format("data:{};base64,", media_type);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    std::uint32_t group = std::to_integer<std::uint32_t>(bytes[i]) << 16;
    if (left > 1) group |= std::to_integer<std::uint32_t>(bytes[i + 1]) << 8;
    if (left > 2) group |= std::to_integer<std::uint32_t>(bytes[i + 2]);
    text += digits[group >> 18];
    text += digits[(group >> 12) & 63];
    text += left > 1 ? digits[(group >> 6) & 63] : '=';
    text += left > 2 ? digits[group & 63] : '=';
  }
  return text;
}

std::string svg_element(const Drawing& d) {
  return fmt::format(R"(<svg class="drawing" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">{3}</svg>)",
                     coordinate(d.width), coordinate(d.height), escaped(d.title), d.inside);
}

std::string svg_file(const Drawing& d) {
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" class="drawing" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img">
<title>{2}</title>
<style>
{3}</style>
<rect class="paper" width="{0}" height="{1}"/>
{4}
</svg>
)",
      coordinate(d.width), coordinate(d.height), escaped(d.title), drawing_style(), d.inside);
}

}  // namespace strata
