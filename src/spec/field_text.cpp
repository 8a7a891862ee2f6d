#include "src/spec/field_text.h"

#include <cmath>

#include <fmt/format.h>

namespace strata {
namespace {

std::string bound(double x) { return std::abs(x) < 1e15 && x == std::floor(x) ? fmt::format("{:.0f}", x) : Config(x).str(); }

std::string base_text(const FieldType& type) {
  const std::string component(type.component);
  switch (type.kind) {
    case FieldKind::boolean: return "true or false";
    case FieldKind::integer: return "integer";
    case FieldKind::number: return "number";
    case FieldKind::text: return "text";
    case FieldKind::choice: return "choice";
    case FieldKind::integers: {
      const std::string list = type.length >= 0 ? fmt::format("list of {} integers", type.length) : std::string("list of integers");
      return type.scalar_or_list ? "integer, or " + list : list;
    }
    case FieldKind::numbers: return type.scalar_or_list ? "number, or list of numbers" : "list of numbers";
    case FieldKind::texts: return "list of texts";
    case FieldKind::shape:
      return std::string(type.scalar_or_list ? "integer, or " : "") + "shape: a list of integers, null for an open axis";
    case FieldKind::object: return component;
    case FieldKind::objects: return "list of " + component + "s";
    case FieldKind::layer: return "layer";
    case FieldKind::layers: return "list of layers";
    case FieldKind::any: return component.empty() ? "any value" : "number or " + component;
  }
  return {};
}

}  // namespace

std::string type_text(const Field& field) {
  return base_text(field.type) + (field.type.nullable && field.type.kind != FieldKind::any ? ", or null" : "");
}

std::string limits_text(const Limits& l) {
  if (!l.choices.empty()) {
    std::string names = "one of ";
    for (std::size_t i = 0; i < l.choices.size(); ++i) names += (i ? ", " : "") + std::string(l.choices[i]);
    return names;
  }
  const bool low = std::isfinite(l.low), high = std::isfinite(l.high);
  if (low && high && !l.open_low && !l.open_high) return fmt::format("between {} and {}", bound(l.low), bound(l.high));
  std::string text;
  if (low) text = (l.open_low ? "above " : "at least ") + bound(l.low);
  if (high) text += (low ? " and " : "") + std::string(l.open_high ? "below " : "at most ") + bound(l.high);
  return text;
}

std::string default_text(const Config& value) {
  const auto* text = value.as<std::string>();
  return text && text->empty() ? "''" : value.str();
}

}  // namespace strata
