#include "src/compile/choices.h"

#include <fmt/format.h>

#include "src/graph/graph.h"

namespace strata {
namespace {

std::string type_of(const ArrayType& t) { return fmt::format("{}({})", name_of(t.dtype), fmt::join(t.dims, ",")); }

std::string name_of(Source s) {
  if (s.op < 0) return fmt::format("x{}", s.index);
  return s.index == 0 ? fmt::format("%{}", s.op) : fmt::format("%{}.{}", s.op, s.index);
}

std::string attributes_of(const RegionOp& op) {
  std::string text;
  for (const auto& [key, value] : *op.attributes) {
    const auto* number = std::get_if<std::int64_t>(&value);
    const auto* shape = std::get_if<Shape>(&value);
    const bool usual = (number && *number == 0) || (shape && shape->rank() == 0);
    const bool arithmetic = std::holds_alternative<double>(value) || key == "stream" || key == "tensor";
    if (!usual && !arithmetic && !std::holds_alternative<std::shared_ptr<const Graph>>(value))
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, text_of(value));
  }
  return text.empty() ? text : "[" + text + "]";
}

}  // namespace

std::string signature(const Region& region) {
  std::string text;
  for (const ArrayType& t : region.inputs) text += (text.empty() ? "" : " ") + type_of(t);
  text += ':';
  for (const RegionOp& op : region.ops) {
    std::string sources;
    for (const Source& s : op.inputs) sources += (sources.empty() ? "" : ",") + name_of(s);
    text += fmt::format(" {}{}({})", op.name, attributes_of(op), sources);
  }
  text += " ->";
  for (const Source& s : region.outputs) text += " " + name_of(s);
  return text;
}

bool begins_with(const std::string& whole, const Region& first) {
  const std::string one = signature(first);
  const std::size_t types = one.find(": "), ends = one.find(" ->"), op = whole.find(": ");
  return op != whole.npos && whole.compare(0, types, one, 0, types) == 0 && whole.compare(op, ends - types + 1, one, types, ends - types + 1) == 0;
}

void record(Choices& choices, const std::string& signature, const std::string& kernel) {
  const auto [known, fresh] = choices.try_emplace(signature, kernel);
  if (!fresh && known->second != kernel) known->second.clear();
}

void record(Choices& choices, const Choices& more) {
  for (const auto& [signature, kernel] : more) record(choices, signature, kernel);
}

}  // namespace strata
