// Tables as CSV (RFC 4180): quoted cells, doubled quotes, line breaks inside quotes, CRLF or LF. The locale never matters.
#pragma once

#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct CsvColumn {
  std::string name;
  // A column is of numbers when every cell is one or is missing.
  bool is_numeric = true;
  std::vector<double> numbers;      // of a numeric column; a missing cell is NaN
  std::vector<std::string> texts;   // every cell as it stands; a missing cell is empty
  std::vector<bool> missing;
  std::size_t first_text_row = 0;   // from 0: where a column of texts stopped being numeric
};

class CsvTable {
 public:
  const std::vector<CsvColumn>& columns() const { return columns_; }
  std::size_t rows() const { return rows_; }
  bool has_header() const { return has_header_; }
  const std::string& file() const { return file_; }
  // Null where there is none; `column` is an error that names those there are.
  const CsvColumn* find(std::string_view name) const;
  const CsvColumn& column(std::string_view name) const;
  // An error that names file, row, column and value where the column is not of numbers. Its missing cells are NaN.
  const std::vector<double>& numbers(std::string_view name) const;
  // `text` stands in every missing cell from here on.
  void fill(std::string_view name, const std::string& text);

 private:
  friend CsvTable read_csv(std::string_view, const std::string&, std::optional<bool>, char);
  std::string file_;
  std::vector<CsvColumn> columns_;
  std::size_t rows_ = 0;
  bool has_header_ = false;
};

// The first row is a header if a cell of it is neither a number nor missing, unless `header` says. Without one the columns are
// named "0", "1", ... A cell is missing when it is empty or NA, N/A, NaN or null in any case, unquoted. Every row has as
// many cells as the first; empty lines count for nothing. `file` stands in front of every message; rows count from 1
// without the header.
CsvTable read_csv(std::string_view text, const std::string& file, std::optional<bool> header = {}, char separator = ',');

// Rows of numbers, each written with the fewest digits that give the same number back.
class CsvWriter {
 public:
  explicit CsvWriter(std::ostream& out) : out_(out) {}
  void header(std::span<const std::string> names);
  void row(std::span<const double> numbers);
  void row(std::span<const float> numbers);

 private:
  std::ostream& out_;
};

// A cell as RFC 4180 wants it: quoted where it holds a comma, a quote or a line break.
std::string csv_cell(std::string_view text);

}  // namespace strata
