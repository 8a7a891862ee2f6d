#include "src/data/source.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/data/image_folder.h"
#include "src/data/table.h"
#include "src/io/atomic_file.h"
#include "src/io/hdf5.h"
#include "src/io/idx.h"
#include "src/io/npy.h"
#include "src/io/npz.h"

namespace strata {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{64} << 30;

Error data_error(const std::string& message, const std::string& hint = {}) { return {ErrorKind::data, message, hint}; }

std::string format_of(const std::string& file, const std::string& given) {
  if (!given.empty()) return given;
  const auto ends = [&](std::string_view ending) {
    return file.size() > ending.size() && std::equal(ending.rbegin(), ending.rend(), file.rbegin(), [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
  };
  if (ends(".npy")) return "npy";
  if (ends(".npz")) return "npz";
  if (ends(".csv") || ends(".csv.gz") || ends(".tsv") || ends(".tsv.gz")) return "csv";
  if (ends(".h5") || ends(".hdf5")) return "hdf5";
  if (ends(".txt")) return "text";
  if (ends("/")) return "image_folder";
  const std::string name = file.substr(file.find_last_of('/') + 1);
  if (ends(".idx") || ends(".gz") || name.find("-ubyte") != std::string::npos || name.find("-idx") != std::string::npos) return "idx";
  throw data_error(fmt::format("{}: the ending says no format", file), "give format: npy, npz, csv, idx, hdf5, text or image_folder");
}

Tensor idx_of(const std::string& file) { return read_idx(read_file(file, max_file_bytes), file); }

Tensor member_of(const Arrays& arrays, const ArraySource& source) {
  if (source.members.size() > 1)
    throw data_error(fmt::format("{}: '{}' of {} members: only a table's columns are put side by side", source.file, source.name, source.members.size()));
  if (source.members.empty()) {
    if (arrays.size() == 1) return arrays.columns()[0].second;
    if (const Tensor* t = arrays.find(source.name); t && !source.name.empty()) return *t;
  } else if (const Tensor* t = arrays.find(source.members[0])) {
    return *t;
  }
  std::vector<std::string> names;
  for (const auto& [name, t] : arrays.columns()) names.push_back(name);
  throw data_error(source.members.empty() ? fmt::format("{}: holds {} arrays, one of them must be named", source.file, arrays.size())
                                         : fmt::format("{}: has no array '{}'", source.file, source.members[0]),
                   fmt::format("it holds {}", fmt::join(names, ", ")));
}

void collect(const H5Group& group, const std::string& path, Arrays& arrays) {
  for (const auto& [name, t] : group.datasets) arrays.add(path + name, t);
  for (const auto& [name, inner] : group.groups) collect(inner, path + name + "/", arrays);
}

// The tables that rows come from, each read once.
class Tables {
 public:
  explicit Tables(const RowSource& source) : missing_(source.missing) {
    for (const auto* sources : {&source.x, &source.y, &source.sample_weight})
      for (const ArraySource& s : *sources) {
        Used& used = used_[s.file];
        used.all = used.all || s.members.empty();
        used.columns.insert(used.columns.end(), s.members.begin(), s.members.end());
      }
    if (missing_.drop && used_.size() > 1)
      throw data_error("missing: drop leaves rows out, and the rows are in several files", "put the columns into one file, or fill the cells: missing: {COLUMN: VALUE}");
  }

  const Table& of(const std::string& file) {
    const auto found = tables_.find(file);
    if (found != tables_.end()) return found->second;
    const Used& used = used_[file];
    return tables_.emplace(file, Table(file, missing_, used.columns, used.all)).first->second;
  }

  // After everything was read.
  void check_fills() const {
    for (const auto& [name, text] : missing_.fill) {
      std::vector<std::string> columns;
      for (const auto& [file, table] : tables_) columns.insert(columns.end(), table.names().begin(), table.names().end());
      if (!columns.empty() && std::find(columns.begin(), columns.end(), name) == columns.end())
        throw data_error(fmt::format("{}: 'missing' names the column '{}', which is not there", tables_.begin()->first, name), fmt::format("the columns: {}", fmt::join(columns, ", ")));
    }
  }

 private:
  struct Used {
    bool all = false;
    std::vector<std::string> columns;
  };
  const MissingCells& missing_;
  std::map<std::string, Used> used_;
  std::map<std::string, Table> tables_;
};

std::vector<std::string> columns_of(const ArraySource& source, const RowSource& rows, const Table& table) {
  if (!source.members.empty()) return source.members;
  std::vector<std::string> columns = table.names();
  if (std::any_of(rows.x.begin(), rows.x.end(), [&](const ArraySource& x) { return &x == &source; }))
    for (const auto* others : {&rows.y, &rows.sample_weight})
      for (const ArraySource& other : *others)
        if (other.file == source.file)
          for (const std::string& taken : other.members) columns.erase(std::remove(columns.begin(), columns.end(), taken), columns.end());
  return columns;
}

// x, y or weights as arrays. `classes`: they are targets, and one column of texts is classes.
Arrays arrays_of(const std::vector<ArraySource>& sources, const RowSource& rows, Tables& tables, std::vector<std::string>* classes) {
  Arrays result;
  for (const ArraySource& source : sources) {
    const std::string kind = format_of(source.file, rows.format);
    if (kind == "csv") {
      const Table& table = tables.of(source.file);
      const std::vector<std::string> columns = columns_of(source, rows, table);
      const auto type = rows.input_types.find(source.name);
      const bool is_input = &sources == &rows.x && type != rows.input_types.end();
      result.add(source.name, classes && columns.size() == 1 ? table.target(columns[0], *classes) : table.columns(columns, is_input ? type->second : DType::float32));
      continue;
    }
    Arrays arrays = load_arrays(source.file, kind);
    // Several arrays of one file without a name of their own are named after the inputs.
    if (sources.size() == 1 && source.name.empty() && source.members.empty() && arrays.size() > 1) return arrays;
    result.add(source.name, member_of(arrays, source));
  }
  return result;
}

std::vector<std::string> tokens_of(const std::string& text, const std::string& kind, const std::string& file) {
  std::vector<std::string> tokens;
  if (kind == "byte") {
    for (const char c : text) tokens.emplace_back(1, c);
  } else if (kind == "word") {
    std::istringstream words(text);
    for (std::string word; words >> word;) tokens.push_back(word);
  } else if (kind == "char") {
    for (std::size_t i = 0; i < text.size();) {
      const auto lead = static_cast<unsigned char>(text[i]);
      const std::size_t n = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
      if (n == 0 || i + n > text.size()) throw data_error(fmt::format("{}: byte {} is no UTF-8", file, i + 1), "use tokens: byte");
      tokens.push_back(text.substr(i, n));
      i += n;
    }
  } else {
    throw data_error(fmt::format("{}: tokens: '{}' is not known", file, kind), "use char, byte or word");
  }
  return tokens;
}

// Windows of `length` tokens, and the same windows one token later.
Rows load_text(const RowSource& source, const std::vector<std::string>& known) {
  if (source.length < 1 || source.stride < 1) throw data_error(fmt::format("{}: a text needs a length and a stride of at least 1", source.file), "for example length: 64, stride: 1");
  const std::vector<std::string> tokens = tokens_of(text_of_file(source.file), source.tokens, source.file);
  const auto n = static_cast<std::int64_t>(tokens.size());
  if (n <= source.length) throw data_error(fmt::format("{}: has {} tokens, windows of length {} need {}", source.file, n, source.length, source.length + 1));
  Rows rows;
  rows.classes = known;
  const Tensor numbers = class_numbers(tokens, rows.classes, [&](std::size_t i) { return fmt::format("{}: token {}", source.file, i + 1); });
  const std::int64_t count = (n - 1 - source.length) / source.stride + 1;
  Tensor x(DType::int64, {count, source.length}), y(DType::int64, {count, source.length});
  const std::int64_t* in = numbers.values<std::int64_t>().data();
  for (std::int64_t r = 0; r < count; ++r) {
    std::copy_n(in + r * source.stride, source.length, x.values<std::int64_t>().data() + r * source.length);
    std::copy_n(in + r * source.stride + 1, source.length, y.values<std::int64_t>().data() + r * source.length);
  }
  rows.data = {x, y, {}};
  return rows;
}

Arrays take_rows(const Arrays& arrays, const std::vector<std::int64_t>& order) {
  Arrays result;
  for (const auto& [name, t] : arrays.columns()) result.add(name, t.rows(order));
  return result;
}

// The class of each row: an integer label, or the place of the largest element of a one-hot row.
std::vector<std::int64_t> classes_of(const Tensor& y) {
  const std::int64_t rows = y.dim(0), columns = rows ? y.elements() / rows : 1;
  std::vector<std::int64_t> labels(static_cast<std::size_t>(rows));
  for (std::int64_t r = 0; r < rows; ++r) {
    std::int64_t best = 0;
    for (std::int64_t c = 1; c < columns; ++c)
      if (y.at(r * columns + c) > y.at(r * columns + best)) best = c;
    labels[static_cast<std::size_t>(r)] = columns > 1 ? best : static_cast<std::int64_t>(y.at(r));
  }
  return labels;
}

}  // namespace

Arrays load_arrays(const std::string& file, const std::string& format) {
  const std::string kind = format_of(file, format);
  if (kind == "npy") return read_npy(read_file(file, max_file_bytes), file);
  if (kind == "idx") return idx_of(file);
  if (kind == "npz") {
    NamedTensors arrays = read_npz(read_file(file, max_file_bytes), file, max_file_bytes);
    if (arrays.empty()) throw data_error(fmt::format("{}: holds no array", file));
    if (arrays.size() == 1) return arrays[0].second;
    return Arrays(std::move(arrays));
  }
  if (kind == "csv") {
    const Table table(file, {}, {}, true);
    return table.columns(table.names(), DType::float32);
  }
  if (kind == "hdf5") {
    Arrays arrays;
    collect(read_hdf5(read_file(file, max_file_bytes), file), "", arrays);
    return arrays;
  }
  throw data_error(fmt::format("{}: the format '{}' does not hold arrays", file, kind), "use npy, npz, csv, idx or hdf5");
}

std::string files_of(const RowSource& source, std::string_view what) {
  const bool target = what.starts_with("the target");
  if (!source.file.empty()) return source.file;
  if (target && source.y.size() == 1 && source.y[0].members.size() == 1) return fmt::format("{}, {} '{}'", source.y[0].file, format_of(source.y[0].file, source.format) == "csv" ? "column" : "member", source.y[0].members[0]);
  std::set<std::string> files;
  for (const ArraySource& x : source.x)
    if (!target) files.insert(x.file);
  for (const ArraySource& y : source.y)
    if (!what.starts_with("the input")) files.insert(y.file);
  return fmt::format("{}", fmt::join(files, ", "));
}

Rows load_rows(const RowSource& source, const std::vector<std::string>& known_classes) {
  if (!source.file.empty()) {
    const std::string kind = format_of(source.file, source.format);
    if (kind == "text") return load_text(source, known_classes);
    if (kind == "image_folder") return load_image_folder(source, known_classes);
    throw data_error(fmt::format("{}: the format '{}' is no text and no folder of images", source.file, kind), "name its members in x: and y:");
  }
  Tables tables(source);
  Rows rows;
  rows.classes = known_classes;
  rows.data.x = arrays_of(source.x, source, tables, nullptr);
  rows.data.y = arrays_of(source.y, source, tables, &rows.classes);
  rows.data.sample_weight = arrays_of(source.sample_weight, source, tables, nullptr);
  tables.check_fills();
  // Rows are counted where the files are still known.
  std::int64_t count = -1;
  std::string first;
  for (const auto& [sources, arrays] : {std::pair(&source.x, &rows.data.x), std::pair(&source.y, &rows.data.y), std::pair(&source.sample_weight, &rows.data.sample_weight)})
    for (std::size_t i = 0; i < arrays->size(); ++i) {
      const std::string& file = (*sources)[std::min(i, sources->size() - 1)].file;
      const Tensor& t = arrays->columns()[i].second;
      if (t.rank() == 0) throw data_error(fmt::format("{}: is a single number, an axis of rows is needed", file));
      if (count >= 0 && t.dim(0) != count) throw data_error(fmt::format("{} has {} rows, {} has {}", first, count, file, t.dim(0)), "row for row they belong together");
      if (count < 0) first = file;
      count = t.dim(0);
    }
  return rows;
}

std::pair<Dataset, Dataset> split_rows(const Dataset& data, double fraction, bool stratify) {
  const std::int64_t rows = data.rows();
  const auto kept = [&](std::int64_t n) { return static_cast<std::int64_t>(std::floor(static_cast<double>(n) * (1 - fraction))); };
  if (!stratify) return {data.slice(0, kept(rows)), data.slice(kept(rows), rows)};
  if (data.y.size() != 1) throw data_error("stratify splits by class: it needs one target");
  const std::vector<std::int64_t> labels = classes_of(data.y.columns()[0].second);
  std::map<std::int64_t, std::int64_t> size, seen;
  for (const std::int64_t label : labels) ++size[label];
  std::vector<std::int64_t> first, second;
  for (std::size_t r = 0; r < labels.size(); ++r)
    (seen[labels[r]]++ < kept(size[labels[r]]) ? first : second).push_back(static_cast<std::int64_t>(r));
  const auto rows_of = [&](const std::vector<std::int64_t>& order) {
    return Dataset{take_rows(data.x, order), take_rows(data.y, order), take_rows(data.sample_weight, order)};
  };
  return {rows_of(first), rows_of(second)};
}

}  // namespace strata
