// The data section of a spec: which files rows come from. Nothing is read here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/spec/object.h"

namespace strata {

struct DataFormat {
  std::string_view name, endings, doc;  // endings: ".csv .csv.gz"
};
const std::vector<DataFormat>& data_formats();
// The format that a file's ending names, or nothing.
std::optional<std::string> format_of(const std::string& path);

// Where one set of rows comes from. Paths are as they stand in the spec.
struct DataTable {
  // A file; where `file` is given, one of its members, or a list of a table's columns; or a map from input (output) names to those.
  Config x, y, sample_weight;
  std::optional<std::string> file;
  std::optional<std::string> format;
  std::optional<std::vector<std::string>> features;  // columns of a table; absent: all but the target
  Config target;                                     // a column, or a list of columns
  Config missing = "error";                          // error, drop, or a map from columns to what stands for an empty cell
  std::string tokens = "char";
  std::optional<std::int64_t> length;
  std::int64_t stride = 1;
  std::optional<std::vector<std::int64_t>> image_size;  // height, width
  std::string color_mode = "rgb";
  static Schema schema();

  Mark at;
  // The files that it names.
  std::vector<std::string> files() const;
  // Its reader, by `format` or by the first file's ending.
  std::string reader() const;
};

struct DataSpec {
  std::optional<DataTable> train, validation, test;
  bool stratify = false;
  Mark at;
};

DataSpec check_data(const Node& node, Diagnostics& diagnostics);

}  // namespace strata
