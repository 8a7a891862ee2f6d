// Columns of a CSV file as inputs and targets.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "src/data/source.h"
#include "src/io/csv.h"

namespace strata {

// Every error names file, row (from 1, the header not counted), column and value.
class Table {
 public:
  // `used`: the columns that rows are made of; `all`: the others too.
  Table(const std::string& file, const MissingCells& missing, const std::vector<std::string>& used, bool all);

  const std::vector<std::string>& names() const { return names_; }
  bool has(const std::string& name) const { return cells_.find(name) != nullptr; }
  // Rows x columns: texts as they stand, else float32, int64 for integers and booleans, whose cells must be whole and in range.
  Tensor columns(const std::vector<std::string>& names, DType dtype) const;
  // One column as a target: texts are classes, whole numbers are labels, others are values. `classes`: those of the training
  // rows; where there are none yet, they are found here.
  Tensor target(const std::string& name, std::vector<std::string>& classes) const;

 private:
  // A missing cell is an error.
  void check(const CsvColumn& column) const;
  std::string at(std::size_t row, const std::string& column) const;

  std::string file_;
  CsvTable cells_;
  std::vector<std::string> names_;
  std::vector<std::size_t> rows_;  // those that are taken
};

// The number in `classes` of every text; row i is at `place(i)`.
Tensor class_numbers(const std::vector<std::string>& texts, std::vector<std::string>& classes, const std::function<std::string(std::size_t)>& place);

// The file's text, unpacked where it is gzipped.
std::string text_of_file(const std::string& file);

}  // namespace strata
