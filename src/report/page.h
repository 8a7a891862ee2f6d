// A page that needs nothing else: one HTML file with its style, its drawings and its pictures inside, and no script.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace strata {

// Cells are texts; escaping happens here. Columns named in `numbers` are set to the right.
struct PageTable {
  std::vector<std::string> header;
  std::vector<bool> numbers;
  std::vector<std::vector<std::string>> rows;
};
std::string table(const PageTable& table);
std::string paragraph(const std::string& text);
// What is not there, and why.
std::string note(const std::string& text);
std::string heading(const std::string& text);  // inside a section
std::string code_block(const std::string& text);
// May be wider than the page, or long; then it scrolls by itself. `what` is said by screen readers, `tall` leaves more room.
std::string scrolling(const std::string& what, const std::string& inside, bool tall = false);

// A row that was predicted badly, as a picture with words.
struct PageExample {
  std::string picture;  // a data: address
  std::string description;
  std::vector<std::string> lines;
};
std::string examples(const std::vector<PageExample>& examples);

struct PageSection {
  std::string title;
  std::string inside;  // HTML, of the functions above and of drawings
};
struct Page {
  std::string title, subtitle, end;
  std::vector<PageSection> sections;
};
std::string html(const Page& page);

}  // namespace strata
