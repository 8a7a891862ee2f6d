// Whether a text is a well-formed piece of XML: elements closed in order, attributes quoted, no bare < or &.
#pragma once

#include <cctype>
#include <set>
#include <string>
#include <vector>

namespace strata {

// What is wrong, or nothing. `open`: elements that HTML leaves without an end.
inline std::string what_is_malformed(const std::string& text, const std::set<std::string>& open = {}) {
  std::vector<std::string> stack;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const std::size_t end = text.find(';', i);
      if (end == std::string::npos || end - i > 8) return "a bare & at " + text.substr(i, 40);
      continue;
    }
    if (text[i] == '>') return "a bare > at " + text.substr(i > 20 ? i - 20 : 0, 40);
    if (text[i] != '<') continue;
    if (text.compare(i, 2, "<!") == 0 || text.compare(i, 2, "<?") == 0) {
      i = text.find('>', i);
      continue;
    }
    std::size_t at = i + 1;
    const bool closes = text[at] == '/';
    if (closes) ++at;
    std::string name;
    while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '-')) name += text[at++];
    if (name.empty()) return "a bare < at " + text.substr(i, 40);
    bool empty = false;
    while (at < text.size() && text[at] != '>') {
      if (text[at] == '/' && text[at + 1] == '>') empty = true;
      if (text[at] == '<') return "an element that does not end: " + text.substr(i, 60);
      if (text[at] == '=') {
        if (text[at + 1] != '"') return "an attribute without quotes: " + text.substr(i, 60);
        at = text.find('"', at + 2);
        if (at == std::string::npos) return "an attribute that does not end: " + text.substr(i, 60);
      }
      ++at;
    }
    i = at;
    if (closes) {
      if (stack.empty() || stack.back() != name) return "</" + name + "> closes " + (stack.empty() ? "nothing" : stack.back());
      stack.pop_back();
    } else if (!empty && !open.count(name)) {
      stack.push_back(name);
      if (name == "style") {  // its text is CSS
        i = text.find("</style>", i);
        stack.pop_back();
        i += 7;
      }
    }
  }
  return stack.empty() ? "" : "<" + stack.back() + "> is not closed";
}

inline std::size_t count_of(const std::string& text, const std::string& piece) {
  std::size_t n = 0;
  for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + piece.size())) ++n;
  return n;
}

}  // namespace strata
