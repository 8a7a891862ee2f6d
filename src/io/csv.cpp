#include "src/io/csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <strata/error.h>

namespace strata {
namespace {

constexpr std::size_t column_limit = 100'000;

struct Cell {
  std::string text;
  bool quoted = false;
};

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}

bool is_missing(const Cell& cell) {
  if (cell.quoted) return false;
  const std::string_view s = trimmed(cell.text);
  if (s.empty()) return true;
  std::string lower;
  for (const char c : s.substr(0, 5)) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower == "na" || lower == "n/a" || lower == "nan" || lower == "null";
}

std::optional<double> number_in(std::string_view text) {
  std::string_view s = trimmed(text);
  if (s.starts_with('+') && !s.starts_with("+-")) s.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc() || end != s.data() + s.size() || s.empty() || std::isnan(value)) return std::nullopt;
  return value;
}

// Splits the text into rows. Lines are counted for the messages about broken quotes only.
class Rows {
 public:
  Rows(std::string_view text, const std::string& file, char separator)
      : text_(text), file_(file), separator_(separator), ends_{separator, '\r', '\n'} {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff") || text_.find('\0') != text_.npos)
      throw Error(ErrorKind::data, file_ + ": is not a CSV text in UTF-8 (it holds zero bytes or is UTF-16)",
                  "save it as UTF-8");
  }

  // False at the end.
  bool next(std::vector<Cell>& cells) {
    while (at_ < text_.size() && take_line_break()) {}
    if (at_ >= text_.size()) return false;
    first_line_ = line_;
    std::size_t count = 0;
    for (;;) {
      if (count == column_limit) refuse(fmt::format("has more than {} columns", column_limit));
      if (count == cells.size()) cells.emplace_back();
      read_cell(cells[count++]);
      if (at_ < text_.size() && text_[at_] == separator_) ++at_;
      else break;
    }
    cells.resize(count);
    take_line_break();
    return true;
  }
  std::size_t line() const { return first_line_; }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorKind::data, fmt::format("{}:{}: {}", file_, line_, why));
  }

  bool take_line_break() {
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    if (text_[at_] != '\n' && text_[at_] != '\r') return false;
    ++at_, ++line_;
    return true;
  }

  void read_cell(Cell& cell) {
    cell.text.clear();
    cell.quoted = at_ < text_.size() && text_[at_] == '"';
    if (!cell.quoted) {
      const std::size_t end = std::min(text_.find_first_of(ends_, at_), text_.size());
      cell.text = text_.substr(at_, end - at_);
      at_ = end;
      return;
    }
    const std::size_t opened = line_;
    for (++at_;;) {
      const std::size_t end = text_.find('"', at_);
      if (end == text_.npos)
        throw Error(ErrorKind::data, fmt::format("{}:{}: a quote is opened and never closed", file_, opened),
                    "close it, or write a quote inside a quoted cell as \"\"");
      const std::string_view part = text_.substr(at_, end - at_);
      for (const char c : part) line_ += c == '\n';
      cell.text += part;
      at_ = end + 1;
      if (at_ >= text_.size() || text_[at_] != '"') break;
      cell.text += '"';
      ++at_;
    }
    if (at_ < text_.size() && ends_.find(text_[at_]) == ends_.npos)
      refuse("there is text behind a closing quote");
  }

  std::string_view text_;
  const std::string& file_;
  char separator_;
  std::string ends_;  // what ends an unquoted cell
  std::size_t at_ = 0, line_ = 1, first_line_ = 1;
};

void add(CsvColumn& column, const Cell& cell) {
  const bool missing = is_missing(cell);
  column.missing.push_back(missing);
  if (column.is_numeric) {
    const auto number = missing ? std::numeric_limits<double>::quiet_NaN() : number_in(cell.text);
    if (number) column.numbers.push_back(*number);
    else column.is_numeric = false, column.first_text_row = column.missing.size() - 1;
  }
  column.texts.push_back(missing ? std::string() : cell.text);
}

template <class T>
void write_row(std::ostream& out, std::span<const T> numbers) {
  std::string line;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::array<char, 32> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), numbers[i]);
    if (i) line += ',';
    line.append(digits.data(), result.ptr);
  }
  line += '\n';
  out.write(line.data(), static_cast<std::streamsize>(line.size()));
}

}  // namespace

CsvTable read_csv(std::string_view text, const std::string& file, std::optional<bool> header, char separator) {
  Rows rows(text, file, separator);
  std::vector<Cell> cells;
  if (!rows.next(cells)) throw Error(ErrorKind::data, file + ": is empty; a table needs at least one row");

  CsvTable table;
  table.file_ = file;
  table.has_header_ = header.value_or(std::any_of(cells.begin(), cells.end(), [](const Cell& cell) {
    return !is_missing(cell) && !number_in(cell.text);
  }));
  const std::size_t width = cells.size();
  table.columns_.resize(width);
  std::map<std::string, std::size_t> names;
  for (std::size_t c = 0; c < width; ++c) {
    std::string& name = table.columns_[c].name;
    name = table.has_header_ ? std::string(trimmed(cells[c].text)) : std::to_string(c);
    if (const auto [first, is_new] = names.emplace(name, c); !is_new && !name.empty())
      throw Error(ErrorKind::data,
                  fmt::format("{}: the columns {} and {} are both named '{}'", file, first->second + 1, c + 1, name),
                  "give each column its own name");
  }

  for (bool more = table.has_header_ ? rows.next(cells) : true; more; more = rows.next(cells)) {
    ++table.rows_;
    if (cells.size() != width)
      throw Error(ErrorKind::data, fmt::format("{}:{}: row {} has {} cells, the first line has {}", file, rows.line(),
                                               table.rows_, cells.size(), width),
                  "quote a cell that holds a comma");
    for (std::size_t c = 0; c < width; ++c) add(table.columns_[c], cells[c]);
  }
  for (CsvColumn& column : table.columns_)
    if (!column.is_numeric) column.numbers.clear();
  return table;
}

const CsvColumn* CsvTable::find(std::string_view name) const {
  for (const CsvColumn& column : columns_)
    if (column.name == name) return &column;
  return nullptr;
}

const CsvColumn& CsvTable::column(std::string_view name) const {
  if (const CsvColumn* found = find(name)) return *found;
  std::string all;
  for (const CsvColumn& column : columns_) {
    if (all.size() > 200) {
      all += ", ...";
      break;
    }
    all += (all.empty() ? "" : ", ") + column.name;
  }
  throw Error(ErrorKind::data, fmt::format("{}: has no column '{}'", file_, name), "its columns: " + all);
}

const std::vector<double>& CsvTable::numbers(std::string_view name) const {
  const CsvColumn& found = column(name);
  if (!found.is_numeric)
    throw Error(ErrorKind::data, fmt::format("{}: row {}, column '{}': '{}' is not a number", file_,
                                             found.first_text_row + 1, name, found.texts[found.first_text_row]),
                "write a number, or leave the column out");
  return found.numbers;
}

void CsvTable::fill(std::string_view name, const std::string& text) {
  CsvColumn& filled = columns_[static_cast<std::size_t>(&column(name) - columns_.data())];
  const std::optional<double> number = number_in(text);
  for (std::size_t row = 0; row < rows_; ++row) {
    if (!filled.missing[row]) continue;
    filled.missing[row] = false;
    filled.texts[row] = text;
    if (!filled.is_numeric) continue;
    if (number) filled.numbers[row] = *number;
    else filled.is_numeric = false, filled.first_text_row = row;
  }
  if (!filled.is_numeric) filled.numbers.clear();
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

void CsvWriter::header(std::span<const std::string> names) {
  std::string line;
  for (std::size_t i = 0; i < names.size(); ++i) (i ? line += ',' : line) += csv_cell(names[i]);
  line += '\n';
  out_.write(line.data(), static_cast<std::streamsize>(line.size()));
}

void CsvWriter::row(std::span<const double> numbers) { write_row(out_, numbers); }
void CsvWriter::row(std::span<const float> numbers) { write_row(out_, numbers); }

}  // namespace strata
