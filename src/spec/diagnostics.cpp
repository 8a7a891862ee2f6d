#include "src/spec/diagnostics.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace strata {
namespace {

constexpr std::size_t shown_columns = 100, columns_before = 40;

std::size_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  switch (character.size()) {
    case 2: return (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
    case 3: return (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    case 4: return (byte(0) & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu);
    default: return byte(0);
  }
}

// C0, C1, DEL; line and paragraph separators; marks, embeddings, overrides and isolates of direction; a byte order mark.
bool is_control(std::size_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

std::string shown_character(std::string_view character) {
  if (character.empty()) return {};
  const std::size_t c = code_point(character);
  if (!is_control(c)) return std::string(character);
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  return c < 0x80 ? fmt::format("\\x{:02x}", c) : fmt::format("\\u{:04x}", c);
}

// The source line as it is shown, and where the underline stands below it.
struct Excerpt {
  std::string line;
  std::size_t indent = 0, width = 1;
};

Excerpt excerpt(const Diagnostic& d) {
  const std::string_view line = d.source->line(d.place.line);
  const std::size_t begin_of_line = d.source->line_begin(d.place.line);
  const std::size_t begin = std::min(d.range.begin, d.source->size()) - begin_of_line;
  const std::size_t end = std::clamp(d.range.end < begin_of_line ? 0 : d.range.end - begin_of_line, begin, line.size());

  const std::size_t columns = utf8_count(line), column = d.place.column - 1;
  const bool cut = columns > shown_columns;
  const std::size_t first = cut && column > columns_before ? column - columns_before : 0;
  const std::size_t last = cut ? std::min(columns, first + shown_columns) : columns;

  Excerpt e;
  if (first > 0) e.line = "...";
  std::size_t width = 0, underlined = 0, at = 0;
  if (first > 0) width = 3;
  e.indent = width;
  for (std::size_t i = 0; i < line.size(); ++at) {
    const std::size_t length = utf8_length(line, i);
    if (at >= first && at < last) {
      const std::string_view character = line.substr(i, length);
      const std::string text = character == "\t" ? std::string(4, ' ') : shown_character(character);
      if (i == begin) e.indent = width;
      width += utf8_count(text);
      if (i >= begin && i < end) underlined += utf8_count(text);
      e.line += text;
    }
    i += length;
  }
  if (begin >= line.size()) e.indent = width;
  if (last < columns) e.line += "...";
  e.width = std::max<std::size_t>(1, underlined);
  return e;
}

std::string counted(std::size_t n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

}  // namespace

std::string shown(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
      ++i;
      continue;
    }
    safe += shown_character(text.substr(i, length));
    i += length;
  }
  return safe;
}

void Diagnostics::add(Diagnostic d) {
  d.file = shown(d.file);
  d.message = shown(d.message);
  d.hint = shown(d.hint);
  if (d.severity == Diagnostic::Severity::error) ++errors_;
  list_.push_back(std::move(d));
}

void Diagnostics::error(const SourceRef& source, TextRange range, const std::string& message, const std::string& hint) {
  add({Diagnostic::Severity::error, source->name(), source, range, source->place(range.begin), message, hint});
}

void Diagnostics::warning(const SourceRef& source, TextRange range, const std::string& message, const std::string& hint) {
  add({Diagnostic::Severity::warning, source->name(), source, range, source->place(range.begin), message, hint});
}

void Diagnostics::file_error(const std::string& file, const std::string& message, const std::string& hint) {
  add({Diagnostic::Severity::error, file, nullptr, {}, {}, message, hint});
}

void Diagnostics::add(const Diagnostics& other) {
  list_.insert(list_.end(), other.list_.begin(), other.list_.end());
  errors_ += other.errors_;
}

bool Diagnostics::blames(const SourceRef& source, std::size_t offset) const {
  return std::any_of(list_.begin(), list_.end(), [&](const Diagnostic& d) {
    if (d.severity != Diagnostic::Severity::error || !d.source || d.source != source) return false;
    const bool is_tag = d.range.begin < source->size() && source->text()[d.range.begin] == '!';
    return d.range.begin == offset || (is_tag && d.range.end + 1 == offset);
  });
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::map<std::string, std::size_t> rank;
  for (const Diagnostic& d : list_) rank.emplace(d.file, rank.size());
  std::vector<Diagnostic> list = list_;
  std::stable_sort(list.begin(), list.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    return std::make_tuple(rank[a.file], a.source != nullptr, a.range.begin) <
           std::make_tuple(rank[b.file], b.source != nullptr, b.range.begin);
  });
  return list;
}

std::string text_of(const Diagnostic& d) {
  const char* severity = d.severity == Diagnostic::Severity::error ? "error" : "warning";
  if (!d.source) return fmt::format("{}: {}: {}{}{}", d.file, severity, d.message, d.hint.empty() ? "" : "\n  ", d.hint);
  const Excerpt e = excerpt(d);
  const std::string number = std::to_string(d.place.line);
  return fmt::format("{}:{}:{}: {}: {}\n{:>{}} |\n{} | {}\n{:>{}} | {:>{}}{}{}{}", d.file, d.place.line, d.place.column,
                     severity, d.message, "", number.size(), number, e.line, "", number.size(), "", e.indent,
                     std::string(e.width, '^'), d.hint.empty() ? "" : " ", d.hint);
}

std::string Diagnostics::text() const {
  std::string text;
  const std::vector<Diagnostic> list = sorted();
  for (std::size_t i = 0; i < std::min(list.size(), max_shown); ++i) text += text_of(list[i]) + "\n\n";
  if (list.size() > max_shown) text += fmt::format("... and {} more\n\n", list.size() - max_shown);
  if (errors_ > 0) text += counted(errors_, "error");
  if (warning_count() > 0) text += (errors_ > 0 ? ", " : "") + counted(warning_count(), "warning");
  return text;
}

void Diagnostics::throw_if_errors() const {
  if (has_errors()) throw SpecError(text(), sorted());
}

std::string json_of(const std::vector<Diagnostic>& diagnostics) {
  using Json = nlohmann::ordered_json;
  Json errors = Json::array(), warnings = Json::array();
  for (const Diagnostic& d : diagnostics) {
    Json& list = d.severity == Diagnostic::Severity::error ? errors : warnings;
    list.push_back({{"file", d.file},
                    {"line", d.source ? Json(d.place.line) : Json()},
                    {"column", d.source ? Json(d.place.column) : Json()},
                    {"message", d.message},
                    {"hint", d.hint.empty() ? Json() : Json(d.hint)}});
  }
  Json all = {{"errors", std::move(errors)}};
  if (!warnings.empty()) all["warnings"] = std::move(warnings);
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace strata
