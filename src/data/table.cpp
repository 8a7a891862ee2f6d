#include "src/data/table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include <strata/error.h>
#include <strata/text.h>
#include "src/io/atomic_file.h"
#include "src/io/gzip.h"

namespace strata {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{64} << 30;
constexpr double max_exact = 9007199254740992.0;  // 2^53: whole numbers beyond it have neighbours that a cell cannot tell apart

CsvTable cells_of(const std::string& file) {
  const bool tabs = file.ends_with(".tsv") || file.ends_with(".tsv.gz");
  return read_csv(text_of_file(file), file, {}, tabs ? '\t' : ',');
}

struct Range { double first, last; };

Range range_of(DType dtype) {
  switch (dtype) {
    case DType::boolean: return {0, 1};
    case DType::uint8: return {0, 255};
    case DType::int32: return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    default: return {-max_exact, max_exact};
  }
}

bool is_whole(double v) { return v == std::floor(v) && std::abs(v) < max_exact; }

}  // namespace

std::string text_of_file(const std::string& file) {
  const Bytes bytes = read_file(file, max_file_bytes);
  if (!is_gzip(bytes)) return std::string(as_text(bytes));
  GzipReader reader(bytes, file);
  std::string text;
  std::array<std::byte, 1 << 16> piece;
  for (;;) {
    const std::size_t n = reader.read(piece);
    text.append(reinterpret_cast<const char*>(piece.data()), n);
    if (n < piece.size()) return text;
  }
}

Tensor class_numbers(const std::vector<std::string>& texts, std::vector<std::string>& classes, const std::function<std::string(std::size_t)>& place) {
  if (classes.empty()) {
    const std::set<std::string> sorted(texts.begin(), texts.end());
    classes.assign(sorted.begin(), sorted.end());
  }
  Tensor t(DType::int64, {static_cast<std::int64_t>(texts.size())});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto found = std::lower_bound(classes.begin(), classes.end(), texts[i]);
    if (found == classes.end() || *found != texts[i])
      throw Error(ErrorKind::data, fmt::format("{}: '{}' is none of the {} classes of the training rows", place(i), texts[i], classes.size()),
                  fmt::format("the classes are {}", fmt::join(classes, ", ")));
    t.set(static_cast<std::int64_t>(i), static_cast<double>(found - classes.begin()));
  }
  return t;
}

Table::Table(const std::string& file, const MissingCells& missing, const std::vector<std::string>& used, bool all) : file_(file), cells_(cells_of(file)) {
  if (cells_.rows() == 0) throw Error(ErrorKind::data, file + ": holds no rows", "its one line is the header");
  for (const std::string& name : used) cells_.column(name);
  for (const CsvColumn& c : cells_.columns()) names_.push_back(c.name);
  for (const auto& [name, text] : missing.fill)
    if (cells_.find(name)) cells_.fill(name, text);
  for (std::size_t row = 0; row < cells_.rows(); ++row) {
    const bool whole = !missing.drop || std::none_of(cells_.columns().begin(), cells_.columns().end(), [&](const CsvColumn& c) {
      return c.missing[row] && (all || std::find(used.begin(), used.end(), c.name) != used.end());
    });
    if (whole) rows_.push_back(row);
  }
  if (rows_.empty()) throw Error(ErrorKind::data, file + ": every row has a missing cell", "missing: {COLUMN: VALUE} says what stands for it");
}

std::string Table::at(std::size_t row, const std::string& column) const { return fmt::format("{}: row {}, column '{}'", file_, row + 1, column); }

void Table::check(const CsvColumn& column) const {
  for (const std::size_t row : rows_)
    if (column.missing[row])
      throw Error(ErrorKind::data, fmt::format("{}: the cell is missing", at(row, column.name)),
                  fmt::format("say under data: what stands for it, missing: {{{}: VALUE}}, or leave such rows out, missing: drop", column.name));
}

Tensor Table::columns(const std::vector<std::string>& names, DType dtype) const {
  const bool texts = dtype == DType::string, integers = !texts && !is_floating(dtype);
  const Range range = range_of(dtype);
  Tensor t(texts ? DType::string : integers ? DType::int64 : DType::float32, {static_cast<std::int64_t>(rows_.size()), static_cast<std::int64_t>(names.size())});
  for (std::size_t c = 0; c < names.size(); ++c) {
    const CsvColumn& column = cells_.column(names[c]);
    check(column);
    if (!texts) cells_.numbers(names[c]);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::size_t row = rows_[i], place = i * names.size() + c;
      const auto refuse = [&](const std::string& why, const std::string& hint = {}) { throw Error(ErrorKind::data, fmt::format("{}: {}", at(row, column.name), why), hint); };
      if (texts) {
        if (!is_utf8(column.texts[row])) refuse("the text is no UTF-8", "convert the file to UTF-8");
        t.values<std::string>()[place] = column.texts[row];
      } else if (integers) {
        const double v = column.numbers[row];
        if (!is_whole(v) || v < range.first || v > range.last)
          refuse(fmt::format("'{}' is no whole number from {:.0f} to {:.0f}, as its input takes ({})", column.texts[row], range.first, range.last, name_of(dtype)),
                 "an input of another dtype takes it");
        t.values<std::int64_t>()[place] = static_cast<std::int64_t>(v);
      } else {
        const auto v = static_cast<float>(column.numbers[row]);
        if (!std::isfinite(column.numbers[row])) refuse(fmt::format("{} is not finite", column.numbers[row]), "replace it, or remove the row");
        if (!std::isfinite(v)) refuse(fmt::format("'{}' is not finite in float32", column.texts[row]), "replace it, or remove the row");
        t.values<float>()[place] = v;
      }
    }
  }
  return t;
}

Tensor Table::target(const std::string& name, std::vector<std::string>& classes) const {
  const CsvColumn& column = cells_.column(name);
  check(column);
  if (!column.is_numeric || !classes.empty()) {
    std::vector<std::string> texts;
    for (const std::size_t row : rows_) texts.push_back(column.texts[row]);
    return class_numbers(texts, classes, [&](std::size_t i) { return at(rows_[i], name); });
  }
  for (const std::size_t row : rows_)
    if (!std::isfinite(column.numbers[row]))
      throw Error(ErrorKind::data, fmt::format("{}: {} is not finite", at(row, name), column.numbers[row]), "replace it, or remove the row");
  const bool labels = std::all_of(rows_.begin(), rows_.end(), [&](std::size_t row) { return is_whole(column.numbers[row]); });
  Tensor t(labels ? DType::int64 : DType::float32, {static_cast<std::int64_t>(rows_.size())});
  for (std::size_t i = 0; i < rows_.size(); ++i) t.set(static_cast<std::int64_t>(i), column.numbers[rows_[i]]);
  return t;
}

}  // namespace strata
