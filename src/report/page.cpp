#include "src/report/page.h"

#include <cctype>

#include <fmt/format.h>

#include "src/report/markup.h"
#include "src/report/style.h"

namespace strata {
namespace {

// Titles of sections are our own words.
std::string anchor(const std::string& title) {
  std::string id;
  for (const char c : title) id += std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '-';
  return id;
}

}  // namespace

std::string table(const PageTable& t) {
  const auto number = [&](std::size_t column) { return column < t.numbers.size() && t.numbers[column]; };
  std::string s = "<table><thead><tr>";
  for (std::size_t c = 0; c < t.header.size(); ++c) s += fmt::format("<th scope=\"col\"{}>{}</th>", number(c) ? " class=\"number\"" : "", escaped(t.header[c]));
  s += "</tr></thead>\n<tbody>\n";
  for (const auto& row : t.rows) {
    s += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)  // a short text keeps to one line, a long one may break anywhere
      s += fmt::format("<td class=\"{}\">{}</td>", number(c) ? "number" : text_width(row[c], 13.5) < 200 ? "short" : "long", escaped(row[c]));
    s += "</tr>\n";
  }
  return s + "</tbody></table>\n";
}

std::string paragraph(const std::string& text) { return fmt::format("<p>{}</p>\n", escaped(text)); }
std::string note(const std::string& text) { return fmt::format("<p class=\"note\">{}</p>\n", escaped(text)); }
std::string heading(const std::string& text) { return fmt::format("<h3>{}</h3>\n", escaped(text)); }
std::string code_block(const std::string& text) { return fmt::format("<pre tabindex=\"0\">{}</pre>\n", escaped(text)); }
std::string scrolling(const std::string& what, const std::string& inside, bool tall) {
  return fmt::format("<div class=\"scroll{}\" role=\"region\" aria-label=\"{}\" tabindex=\"0\">{}</div>\n", tall ? " tall" : "", escaped(what), inside);
}

std::string examples(const std::vector<PageExample>& list) {
  std::string s = "<ul class=\"examples\">\n";
  for (const PageExample& e : list) {
    s += fmt::format("<li><img src=\"{}\" alt=\"{}\"><div>", escaped(e.picture), escaped(e.description));
    for (std::size_t i = 0; i < e.lines.size(); ++i) s += fmt::format("{}{}{}", i ? "<br><span class=\"faint\">" : "<strong>", escaped(e.lines[i]), i ? "</span>" : "</strong>");
    s += "</div></li>\n";
  }
  return s + "</ul>\n";
}

std::string html(const Page& page) {
  std::string links, sections;
  for (const PageSection& s : page.sections) {
    links += fmt::format("<a href=\"#{}\">{}</a>\n", anchor(s.title), escaped(s.title));
    sections += fmt::format("<section>\n<h2 id=\"{}\">{}</h2>\n{}</section>\n", anchor(s.title), escaped(s.title), s.inside);
  }
  return fmt::format(R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{0}</title>
<style>
{1}</style>
</head>
<body>
<header>
<h1>{0}</h1>
<p class="faint">{2}</p>
<nav aria-label="Sections">
{3}</nav>
</header>
<main>
{4}</main>
<footer>{5}</footer>
</body>
</html>
)",
                     escaped(page.title), page_style(), escaped(page.subtitle), links, sections, escaped(page.end));
}

}  // namespace strata
