#include "src/files/spec_data.h"

#include <fmt/format.h>

#include <strata/error.h>
#include "src/model/model_state.h"

namespace strata {
namespace {

// A text or a list of texts.
std::vector<std::string> texts(const Config& config) {
  std::vector<std::string> found;
  if (const auto* text = config.as<std::string>()) found.push_back(*text);
  if (const auto* list = config.as<Config::List>())
    for (const Config& one : *list)
      if (const auto* text = one.as<std::string>()) found.push_back(*text);
  return found;
}

// Files, or members of `file` where there is one; or a map from names to those.
std::vector<ArraySource> arrays(const Spec& spec, const DataTable& table, const Config& columns) {
  std::vector<ArraySource> found;
  const auto add = [&](const std::string& name, const Config& value) {
    if (table.file) found.push_back({name, spec.path(*table.file), texts(value)});
    else for (const std::string& file : texts(value)) found.push_back({name, spec.path(file), {}});
  };
  if (const auto* mapping = columns.as<Config::Mapping>())
    for (const auto& [name, value] : *mapping) add(name, value);
  else if (!columns.is_null())
    add("", columns);
  return found;
}

MissingCells missing_cells(const Config& missing) {
  MissingCells cells;
  cells.drop = missing == Config("drop");
  if (const auto* fills = missing.as<Config::Mapping>())
    for (const auto& [column, value] : *fills) cells.fill[column] = value.as<std::string>() ? *value.as<std::string>() : value.str();
  return cells;
}

}  // namespace

RowSource row_source(const Spec& spec, const DataTable& table) {
  RowSource source;
  source.format = table.reader();
  source.missing = missing_cells(table.missing);
  if (source.format == "image_folder") {
    source.file = spec.path(table.files().front());
    if (table.image_size) source.height = table.image_size->at(0), source.width = table.image_size->at(1);
    source.color_mode = table.color_mode;
    return source;
  }
  if (source.format == "text") {
    source.file = spec.path(table.files().front());
    source.tokens = table.tokens;
    source.length = table.length.value_or(0);
    source.stride = table.stride;
    return source;
  }
  source.x = arrays(spec, table, table.x);
  source.y = arrays(spec, table, table.y.is_null() ? table.target : table.y);
  source.sample_weight = arrays(spec, table, table.sample_weight);
  if (table.file && source.format == "csv" && table.x.is_null()) source.x = {{"", spec.path(*table.file), table.features.value_or(std::vector<std::string>())}};
  return source;
}

RowSource for_inputs(const Model& model, RowSource source) {
  const std::vector<std::string> names = model.input_names();
  const auto& inputs = model.state().graph.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    source.input_types[names[i]] = inputs[i].call()->input->dtype;
    if (inputs.size() == 1) source.input_types[""] = inputs[i].call()->input->dtype;
  }
  return source;
}

}  // namespace strata
