// The look of drawings and pages: colours by role, light and dark.
#pragma once

#include <string>

namespace strata {

// Colours of curves, told apart by people who see fewer colours too; each has a contrast of at least 4.5 to the paper, so
// that it may be the colour of text.
constexpr int curve_colours = 6;
// CSS of the drawings, colours included.
std::string drawing_style();
// CSS of a page that holds drawings.
std::string page_style();

}  // namespace strata
