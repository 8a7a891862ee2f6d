#include "src/spec/describe.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "src/spec/field_text.h"
#include "src/spec/spec.h"
#include "src/spec/suggest.h"

namespace strata {
namespace {

constexpr std::size_t columns = 100;

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string result, line(indent, ' ');
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (line.size() > indent && line.size() + 1 + (end - at) > columns) {
      result += line + "\n";
      line.assign(indent, ' ');
    }
    line += (line.size() > indent ? " " : "") + text.substr(at, end - at);
    at = end + 1;
  }
  return result + line + "\n";
}

std::string arguments_text(const Schema& schema, const void* defaults) {
  std::string text;
  for (const Field& f : schema.fields) {
    std::string facts = type_text(f);
    if (f.type.kind == FieldKind::choice) facts = limits_text(f.limits) + (f.type.nullable ? ", or null" : "");
    else if (const std::string limits = limits_text(f.limits); !limits.empty()) facts += ", " + limits;
    facts += f.type.required ? "; required" : "; default " + default_text(schema.get(defaults, f));
    text += fmt::format("  {}: {}\n", f.name, facts) + wrapped(std::string(f.doc), 6);
  }
  return text.empty() ? "  no arguments\n" : text;
}

std::string component_text(const ComponentType& type) {
  const Schema& schema = type.schema;
  std::string text = fmt::format("{} ({})\n", schema.name, type.kind) + wrapped(schema.doc, 2);
  if (!schema.aliases.empty()) text += fmt::format("  also: {}\n", fmt::join(schema.aliases, ", "));
  return text + "\n" + arguments_text(schema, type.create().get());
}

std::string reader_text(const DataFormat& format) {
  return fmt::format("{} (reader)\n", format.name) + wrapped(std::string(format.doc), 2) +
         wrapped(fmt::format("by the endings {}", format.endings), 2);
}

template <Described T>
std::string section_text(const std::string& name) {
  const Schema schema = T::schema();
  const T defaults;
  return fmt::format("{} (section)\n", name) + wrapped(schema.doc, 2) + "\n" + arguments_text(schema, &defaults);
}

}  // namespace

const std::vector<std::string>& described_kinds() {
  static const std::vector<std::string> kinds = {"layer", "loss", "metric", "optimizer", "schedule", "activation", "initializer",
                                                 "regularizer", "constraint", "callback"};
  return kinds;
}

std::string describe_component(const std::string& name) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "\n") + part; };
  std::set<std::string> known;
  for (const std::string& kind : described_kinds()) {
    if (const ComponentType* type = find_component(kind, name)) add(component_text(*type));
    for (const ComponentType* type : components(kind)) known.insert(type->schema.name);
  }
  for (const DataFormat& format : data_formats()) {
    if (name == format.name) add(reader_text(format));
    known.emplace(format.name);
  }
  if (name == "Input") add(section_text<InputArguments>("Input"));
  if (name == "fit") add(section_text<FitSpec>("fit"));
  if (name == "run") add(section_text<RunSpec>("run"));
  if (name == "data") add(section_text<DataTable>("data"));
  if (text.empty()) throw Error(ErrorKind::spec, fmt::format("nothing is named '{}'", name), did_you_mean(name, {known.begin(), known.end()}));
  return text;
}

std::string list_components() {
  std::string text;
  const auto add = [&](const std::string& title, std::vector<std::string> names) {
    if (names.empty()) return;
    std::sort(names.begin(), names.end());
    text += (text.empty() ? "" : "\n") + title + "\n" + wrapped(fmt::format("{}", fmt::join(names, ", ")), 2);
  };
  for (const std::string& kind : described_kinds()) {
    std::vector<std::string> names;
    for (const ComponentType* type : components(kind)) names.push_back(type->schema.name);
    add(kind == "loss" ? "losses" : kind + "s", std::move(names));
  }
  std::vector<std::string> readers;
  for (const DataFormat& format : data_formats()) readers.emplace_back(format.name);
  add("readers", std::move(readers));
  add("sections", {"Input", "data", "fit", "run"});
  return text;
}

}  // namespace strata
