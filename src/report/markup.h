// Pieces of SVG and HTML. Text from outside goes through escaped(), and nowhere else.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace strata {

// Text as content or as a quoted attribute: & < > " ' become references. What XML does not allow (control characters, bytes
// that are no UTF-8) and characters that turn the direction of the text become U+FFFD.
std::string escaped(std::string_view text);

// A coordinate, to a hundredth of a pixel: "12", "12.25".
std::string coordinate(double value);

// At most `characters` characters; a longer text ends with an ellipsis.
std::string shortened(const std::string& text, std::size_t characters);

// About how many pixels wide a text is, on the safe side for the sans-serif fonts of the usual systems.
double text_width(const std::string& text, double font_size);

// "data:image/png;base64,..."
std::string data_uri(std::string_view media_type, std::span<const std::byte> bytes);

// A drawing of its own size. `inside` is SVG, `title` what a screen reader says. One that stands alone brings its colours;
// on a page they are the page's.
struct Drawing {
  double width = 0, height = 0;
  std::string title;
  std::string inside;
};
// As an element of a page.
std::string svg_element(const Drawing& drawing);
// As a file.
std::string svg_file(const Drawing& drawing);

}  // namespace strata
