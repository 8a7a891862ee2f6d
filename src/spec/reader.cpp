#include "src/spec/reader.h"

#include "src/spec/json_reader.h"
#include "src/spec/yaml_reader.h"

namespace strata {
namespace {

bool is_json(const SourceText& source) {
  const auto ends_with = [&](std::string_view ending) {
    const std::string& name = source.name();
    return name.size() >= ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
  };
  if (ends_with(".json")) return true;
  if (ends_with(".yaml") || ends_with(".yml")) return false;
  const std::size_t first = source.text().find_first_not_of(" \t\n");
  return first != std::string::npos && (source.text()[first] == '{' || source.text()[first] == '[');
}

}  // namespace

Node read_tree(const SourceRef& source, Diagnostics& diagnostics) {
  return is_json(*source) ? read_json(source, diagnostics) : read_yaml(source, diagnostics);
}

Node read_tree(const SourceRef& source) {
  Diagnostics diagnostics;
  Node tree = read_tree(source, diagnostics);
  diagnostics.throw_if_errors();
  return tree;
}

}  // namespace strata
