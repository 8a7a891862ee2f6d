#include "src/spec/data_spec.h"

#include <algorithm>

#include <fmt/format.h>

#include "src/spec/suggest.h"

namespace strata {
namespace {

const std::vector<std::string> tables = {"train", "validation", "test"};
const std::vector<std::string> data_keys = {"train", "validation", "test", "stratify"};

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

void add_texts(const Config& config, std::vector<std::string>& texts) {
  if (const auto* text = config.as<std::string>()) texts.push_back(*text);
  if (const auto* mapping = config.as<Config::Mapping>())
    for (const auto& [name, value] : *mapping) add_texts(value, texts);
}

std::string received(const Node& node) { return node.is_scalar() && !node.is_null() ? node.text() : std::string(Node::describe(node.kind())); }

bool is_list_of_texts(const Node& node) {
  if (!node.is_sequence() || node.size() == 0) return false;
  for (std::size_t i = 0; i < node.size(); ++i)
    if (!node[i].is_string()) return false;
  return true;
}

// x, y: a text or a list of texts, or a map from names to those.
void check_columns(const Node& table, const char* key, Diagnostics& diagnostics) {
  const Node* node = table.find(key);
  if (!node || node->is_string() || is_list_of_texts(*node)) return;
  if (!node->is_mapping()) {
    report(diagnostics, *node, fmt::format("'{}' is a file, or a map from names to files, received {}", key, received(*node)),
           node->is_sequence() ? "a list names columns of a table" : "");
    return;
  }
  for (std::size_t i = 0; i < node->size(); ++i)
    if (const Node& one = (*node)[i]; !one.is_string() && !is_list_of_texts(one))
      report(diagnostics, one, fmt::format("'{}' of '{}' is a file, received {}", node->key(i).text(), key, received(one)),
             one.is_sequence() ? "a list names columns of a table" : "");
}

void check_missing(const Node& table, Diagnostics& diagnostics) {
  const Node* node = table.find("missing");
  if (!node) return;
  const std::string hint = "missing: error, missing: drop (leaves the row out), or what stands for the cell, missing: {COLUMN: VALUE}";
  if (!node->is_mapping() && !(node->is_string() && (node->text() == "error" || node->text() == "drop")))
    report(diagnostics, *node, fmt::format("'missing' is error, drop, or a map from columns to values, received {}", received(*node)), hint);
  for (std::size_t i = 0; node->is_mapping() && i < node->size(); ++i)
    if (const Node& value = (*node)[i]; !value.is_scalar() || value.is_null())
      report(diagnostics, value.is_null() ? Mark(node->key(i)) : Mark(value),
             fmt::format("'{}' of 'missing' is a number or a text, received {}", node->key(i).text(), Node::describe(value.kind())), hint);
}

// A list of columns, at a key or in the map that stands there.
const Node* list_in(const Node& table, const char* key) {
  const Node* node = table.find(key);
  if (!node || node->is_sequence()) return node;
  for (std::size_t i = 0; node->is_mapping() && i < node->size(); ++i)
    if ((*node)[i].is_sequence()) return &(*node)[i];
  return nullptr;
}

DataTable check_table(const Node& given, const Mark& at, const std::string& name, const Node& defaults, Diagnostics& diagnostics) {
  DataTable table;
  table.at = at;
  if (!given.is_mapping()) {
    report(diagnostics, given.is_null() ? at : Mark(given), fmt::format("'{}' names its files, received {}", name, Node::describe(given.kind())),
           fmt::format("{}: {{x: FILE, y: FILE}} or {}: {{file: FILE}}", name, name));
    return table;
  }
  Node whole = given;
  for (std::size_t i = 0; i < defaults.size(); ++i)
    if (!whole.find(defaults.key(i).text())) whole.add_pair(defaults.key(i), defaults[i]);
  const std::size_t before = diagnostics.error_count();
  const Schema schema = DataTable::schema();
  // Defaults were checked once, where they stand.
  Diagnostics of_defaults;
  check_arguments({schema, "'data'", "key"}, &table, defaults, of_defaults);
  check_arguments({schema, fmt::format("'{}'", name), "key"}, &table, given, diagnostics);
  for (const char* key : {"x", "y", "sample_weight"}) check_columns(given, key, diagnostics);
  check_missing(given, diagnostics);
  if (diagnostics.error_count() != before || of_defaults.has_errors()) return table;

  if (table.files().empty()) {
    report(diagnostics, at, fmt::format("'{}' names no file", name), "x: FILE, y: FILE, or file: FILE");
    return table;
  }
  const std::string reader = table.reader();
  if (reader.empty()) {
    std::string names;
    for (const DataFormat& f : data_formats()) names += (names.empty() ? "" : ", ") + std::string(f.name);
    const Node* file = whole.find(table.file ? "file" : "x");
    report(diagnostics, file ? Mark(*file) : at, fmt::format("the ending of '{}' names no reader", table.files().front()), "add format: one of " + names);
  }
  if (reader == "text" && !table.length)
    report(diagnostics, at, fmt::format("'{}' needs 'length', the tokens of one row", name), "length: 64");
  if (table.image_size && table.image_size->size() != 2)
    if (const Node* size = whole.find("image_size"))
      report(diagnostics, *size, fmt::format("'image_size' is a height and a width, received {} numbers", table.image_size->size()), "image_size: [28, 28]");
  if (reader == "image_folder")
    for (const char* key : {"y", "sample_weight"})
      if (const Node* key_node = given.find_key(key))
        report(diagnostics, *key_node, fmt::format("'{}' does not go with an image_folder, whose folders are the classes", key));
  const Mark where = at;
  const auto mark_of = [&](const char* key) {
    const Node* own = given.find_key(key);
    return own ? Mark(*own) : where;
  };
  if (reader != "csv" || !table.file)
    for (const char* key : {"x", "y", "sample_weight"})
      if (const Node* list = list_in(whole, key); list && list->is_sequence())
        report(diagnostics, *list, fmt::format("'{}' names columns of a table, and '{}' names no table", key, name), "file: FILE.csv");
  if (reader != "csv" && whole.find("missing")) report(diagnostics, mark_of("missing"), fmt::format("'missing' is about cells of a table, '{}' reads {}", name, reader));
  if (table.file && !table.x.is_null() && table.features) report(diagnostics, mark_of("features"), "'features' beside 'x': both name the columns of the inputs");
  if (table.file && !table.y.is_null() && !table.target.is_null()) report(diagnostics, mark_of("target"), "'target' beside 'y': both name the columns of the targets");
  if (!table.file)
    for (const char* key : {"features", "target"})
      if (const Node* key_node = given.find_key(key))
        report(diagnostics, *key_node, fmt::format("'{}' names columns of a table, and '{}' names no table", key, name), "file: FILE.csv");
  return table;
}

}  // namespace

const std::vector<DataFormat>& data_formats() {
  static const std::vector<DataFormat> formats = {
      {"npy", ".npy", "One array of NumPy."},
      {"npz", ".npz", "Several named arrays of NumPy."},
      {"csv", ".csv .csv.gz .tsv .tsv.gz", "A table, separated by commas (.tsv: tabs); text targets become sorted classes."},
      {"idx", ".idx -ubyte -ubyte.gz .idx.gz", "MNIST's form, gzipped or not."},
      {"hdf5", ".h5 .hdf5", "Members of an HDF5 file, by path."},
      {"image_folder", "/", "A folder with one folder of PNG or JPEG images for each class."},
      {"text", ".txt", "A text as rows of tokens: x has `length` of them, y is x shifted by one."},
  };
  return formats;
}

std::optional<std::string> format_of(const std::string& path) {
  for (const DataFormat& format : data_formats()) {
    std::string_view rest = format.endings;
    while (!rest.empty()) {
      const std::size_t space = std::min(rest.find(' '), rest.size());
      if (ends_with(path, rest.substr(0, space))) return std::string(format.name);
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
  }
  return std::nullopt;
}

Schema DataTable::schema() {
  std::vector<std::string_view> formats;
  for (const DataFormat& f : data_formats()) formats.push_back(f.name);
  return describe<DataTable>("data", "Where rows come from.",
      field("x", &DataTable::x, "A file, with `file` a member of it (columns of a table), or a map from input names to those."),
      field("y", &DataTable::y, "Targets, in the same forms as x."),
      field("sample_weight", &DataTable::sample_weight, "Weights of the rows, in the same forms as x."),
      field("file", &DataTable::file, "The file that x and y, or features and target, are parts of."),
      field("format", &DataTable::format, "The reader; absent: by the file's ending.", one_of(formats)),
      field("features", &DataTable::features, "Columns of a table that make x; absent: all but the target."),
      field("target", &DataTable::target, "Column of a table that makes y, or a list of columns."),
      field("missing", &DataTable::missing, "Empty cells of a table: error, drop (the row), or a map from columns to what stands for them."),
      field("tokens", &DataTable::tokens, "What a token of a text is.", one_of({"char", "byte", "word"})),
      field("length", &DataTable::length, "Tokens of one row of a text.", at_least(1)),
      field("stride", &DataTable::stride, "Tokens from the start of one row of a text to the next.", at_least(1)),
      field("image_size", &DataTable::image_size, "Height and width that images are brought to.", at_least(1)),
      field("color_mode", &DataTable::color_mode, "Channels of an image.", one_of({"grayscale", "rgb", "rgba"})));
}

std::vector<std::string> DataTable::files() const {
  if (file) return {*file};
  std::vector<std::string> all;
  add_texts(x, all);
  add_texts(y, all);
  add_texts(sample_weight, all);
  return all;
}

std::string DataTable::reader() const {
  if (format) return *format;
  const auto all = files();
  return all.empty() ? std::string() : format_of(all.front()).value_or("");
}

DataSpec check_data(const Node& node, Diagnostics& diagnostics) {
  DataSpec data;
  data.at = node;
  if (!node.is_mapping()) {
    report(diagnostics, node, fmt::format("'data' is a mapping, received {}", Node::describe(node.kind())), "data: {train: {x: FILE, y: FILE}}");
    return data;
  }
  Node defaults = Node::mapping();
  for (std::size_t i = 0; i < node.size(); ++i) {
    const std::string& key = node.key(i).text();
    if (std::find(data_keys.begin(), data_keys.end(), key) == data_keys.end()) defaults.add_pair(node.key(i), node[i]);
  }
  DataTable scratch;
  const Schema schema = DataTable::schema();
  // The suggestions know the keys of both levels.
  check_arguments({schema, "'data'", "key", {}, data_keys}, &scratch, defaults, diagnostics);
  for (const char* key : {"x", "y", "sample_weight"}) check_columns(defaults, key, diagnostics);
  check_missing(defaults, diagnostics);
  if (const Node* stratify = node.find("stratify")) {
    if (stratify->is_boolean()) data.stratify = stratify->as_boolean();
    else report(diagnostics, *stratify, fmt::format("'stratify' is true or false, received {}", stratify->text()));
  }
  for (const std::string& name : tables)
    if (const Node* table = node.find(name)) {
      auto& slot = name == "train" ? data.train : name == "validation" ? data.validation : data.test;
      slot = check_table(*table, *node.find_key(name), name, defaults, diagnostics);
    }
  if (defaults.size() > 0 && !data.train && !data.validation && !data.test)  // `data: {x:, y:}` is the training table
    data.train = check_table(Node::mapping(), node, "data", defaults, diagnostics);
  return data;
}

}  // namespace strata
