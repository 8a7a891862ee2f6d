#include "src/files/spec_data.h"

#include <fmt/format.h>

#include <strata/error.h>
#include "src/model/model_state.h"

namespace strata {
namespace {

// A text, or a map from names to texts: files, or members of `file` where there is one.
std::vector<ArraySource> arrays(const Spec& spec, const DataTable& table, const Config& columns) {
  std::vector<ArraySource> found;
  const auto add = [&](const std::string& name, const Config& value) {
    const auto* text = value.as<std::string>();
    if (!text) throw Error(ErrorKind::spec, fmt::format("'{}' names no file: {}", name, value.str()));
    if (table.file) found.push_back({name, spec.path(*table.file), *text});
    else found.push_back({name, spec.path(*text), ""});
  };
  if (const auto* mapping = columns.as<Config::Mapping>())
    for (const auto& [name, value] : *mapping) add(name, value);
  else if (!columns.is_null())
    add("", columns);
  return found;
}

}  // namespace

RowSource row_source(const Spec& spec, const DataTable& table) {
  RowSource source;
  source.format = table.reader();
  if (source.format == "image_folder") {
    source.file = spec.path(table.files().front());
    if (table.image_size) source.height = table.image_size->at(0), source.width = table.image_size->at(1);
    source.color_mode = table.color_mode;
    return source;
  }
  const bool by_name = !table.x.is_null() || !table.y.is_null();  // columns of a table that are inputs and targets by name
  if (table.file && (source.format == "text" || (source.format == "csv" && !by_name))) {
    source.file = spec.path(*table.file);
    if (table.features) source.features = *table.features;
    if (const auto* name = table.target.as<std::string>()) source.targets = {*name};
    if (const auto* names = table.target.as<Config::List>())
      for (const Config& name : *names)
        if (const auto* text = name.as<std::string>()) source.targets.push_back(*text);
    source.tokens = table.tokens;
    source.length = table.length.value_or(0);
    source.stride = table.stride;
    return source;
  }
  source.x = arrays(spec, table, table.x);
  source.y = arrays(spec, table, table.y);
  source.sample_weight = arrays(spec, table, table.sample_weight);
  return source;
}

RowSource for_inputs(const Model& model, RowSource source) {
  const std::vector<std::string> names = model.input_names();
  const auto& inputs = model.state().graph.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].call()->input->dtype != DType::string) continue;
    source.text_inputs.push_back(names[i]);
    if (inputs.size() == 1) source.text_inputs.emplace_back();
  }
  return source;
}

}  // namespace strata
