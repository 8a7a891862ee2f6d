#include "src/spec/object.h"

#include <algorithm>

#include <fmt/format.h>

#include "src/spec/suggest.h"

namespace strata {
namespace {

constexpr std::size_t named_classes = 3;  // in "belongs to ..."
constexpr const char* merge_key = "<<";   // refused by the reader; what it was to bring is not missing

const char* article(std::string_view word) { return std::string_view("aeiou").find(word.front()) == std::string_view::npos ? "a" : "an"; }

std::string received(const Node& node) {
  if (node.is_string()) return "'" + node.as_string() + "'";
  return node.is_scalar() && !node.is_null() ? node.text() : Node::describe(node.kind());
}

// "'beta_1' belongs to Adam, Nadam, not to SGD"
std::string belongs_elsewhere(std::string_view kind, const std::string& argument, const std::string& class_name) {
  if (kind.empty()) return {};
  std::vector<std::string> owners;
  for (const ComponentType* type : components(kind))
    if (type->schema.find(argument)) owners.push_back(type->schema.name);
  if (owners.empty()) return {};
  std::string names;
  for (std::size_t i = 0; i < std::min(owners.size(), named_classes); ++i) names += (i ? ", " : "") + owners[i];
  return fmt::format("'{}' belongs to {}{}, not to {}", argument, names, owners.size() > named_classes ? " and others" : "", class_name);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> argument_names(const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& f : schema.fields) names.emplace_back(f.name);
  return names;
}

// The arguments that unknown keys were most likely meant as: they are not missing as well.
std::vector<std::string> misspelt_names(const Schema& schema, const Node& arguments) {
  std::vector<std::string> meant;
  const std::vector<std::string> names = argument_names(schema);
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (!schema.find(arguments.key(i).text()))
      if (const auto name = suggest(arguments.key(i).text(), names)) meant.push_back(*name);
  return meant;
}

// The value as the schema takes it; nothing after an error in an object inside.
std::optional<Config> read_value(const FieldType& type, const Node& node, Diagnostics& diagnostics) {
  const auto all = [&](std::string_view kind) -> std::optional<Config> {
    if (!node.is_sequence()) return config_of(node);
    Config::List list;
    bool complete = true;
    for (std::size_t i = 0; i < node.size(); ++i) {
      if (auto object = check_object(kind, node[i], diagnostics)) list.emplace_back(std::move(*object));
      else complete = false;
    }
    if (!complete) return std::nullopt;
    return Config(std::move(list));
  };
  const auto one = [&](std::string_view kind) -> std::optional<Config> {
    auto object = check_object(kind, node, diagnostics);
    if (!object) return std::nullopt;
    return Config(std::move(*object));
  };
  switch (type.kind) {
    case FieldKind::layer: return node.is_null() ? Config() : one("layer");
    case FieldKind::layers: return all("layer");
    case FieldKind::object: return node.is_null() && type.nullable ? Config() : one(type.component);
    case FieldKind::objects: return all(type.component);
    case FieldKind::any:
      // A value or an object: a learning rate. A word is an object's name.
      if (type.component.empty() || !(node.is_mapping() || node.is_string())) return config_of(node);
      if (node.is_string() && !find_component(type.component, node.as_string())) {
        std::vector<std::string> names;
        for (const ComponentType* known : components(type.component)) names.push_back(known->schema.name);
        const std::string meant = did_you_mean(node.as_string(), names);
        report(diagnostics, node, fmt::format("expected a number or a {}, received {}", type.component, received(node)),
               meant.empty() ? fmt::format("the {}s: {}", type.component, listed(names)) : meant);
        return std::nullopt;
      }
      return one(type.component);
    default: return config_of(node);
  }
}

}  // namespace

std::string Mark::str() const {
  if (!source) return "the program";
  const Place place = source->place(range.begin);
  return fmt::format("{}:{}:{}", source->name(), place.line, place.column);
}

void report(Diagnostics& diagnostics, const Mark& at, const std::string& message, const std::string& hint) {
  if (at.source) diagnostics.error(at.source, at.range, message, hint);
  else diagnostics.file_error("spec", message, hint);
}

void warn(Diagnostics& diagnostics, const Mark& at, const std::string& message, const std::string& hint) {
  if (at.source) diagnostics.warning(at.source, at.range, message, hint);
}

Config config_of(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::null: return {};
    case Node::Kind::boolean: return node.as_boolean();
    case Node::Kind::integer: return node.as_integer();
    case Node::Kind::number: return node.as_number();
    case Node::Kind::string: return node.as_string();
    case Node::Kind::sequence: {
      Config::List list;
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(config_of(node[i]));
      return list;
    }
    case Node::Kind::mapping: {
      Config::Mapping mapping;
      for (std::size_t i = 0; i < node.size(); ++i) mapping.emplace_back(node.key(i).text(), config_of(node[i]));
      return mapping;
    }
  }
  return {};
}

Node node_of(const Config& config) {
  if (const auto* v = config.as<bool>()) return Node::boolean(*v);
  if (const auto* v = config.as<std::int64_t>()) return Node::integer(*v);
  if (const auto* v = config.as<double>()) return Node::number(*v);
  if (const auto* v = config.as<std::string>()) return Node::string(*v);
  if (const auto* v = config.as<Config::List>()) {
    Node list = Node::sequence();
    for (const Config& item : *v) list.append(node_of(item));
    return list;
  }
  const auto mapping_of = [](const Config::Mapping& items) {
    Node mapping = Node::mapping();
    for (const auto& [key, value] : items) mapping.set(key, node_of(value));
    return mapping;
  };
  if (const auto* v = config.as<Config::Mapping>()) return mapping_of(*v);
  if (const auto* v = config.as<ObjectConfig>()) {
    if (v->arguments.empty()) return Node::string(v->name);
    Node object = Node::mapping();
    object.set(v->name, mapping_of(v->arguments));
    return object;
  }
  return Node::null();
}

void check_keys(const Node& mapping, const std::string& what, const std::vector<std::string>& allowed, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < mapping.size(); ++i) {
    const std::string& key = mapping.key(i).text();
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
    std::string hint = did_you_mean(key, allowed);
    if (hint.empty()) hint = "its keys: " + listed(allowed);
    report(diagnostics, mapping.key(i), fmt::format("unknown key '{}' of {}", key, what), hint);
  }
}

Config::Mapping check_arguments(const ArgumentRules& rules, void* object, const Node& arguments, Diagnostics& diagnostics) {
  const Schema& schema = rules.schema;
  if (arguments.is_null()) return {};
  if (!arguments.is_mapping()) {
    const std::string first = schema.fields.empty() ? std::string() : std::string(schema.fields.front().name);
    report(diagnostics, arguments, fmt::format("{} takes named {}s, received {}", rules.what, rules.word, received(arguments)),
           first.empty() ? std::string() : arguments.is_scalar() ? fmt::format("write {{{}: {}}}", first, arguments.text())
                                                                 : fmt::format("write {{{}: ...}}", first));
    return {};
  }
  Config::Mapping given;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Node& key = arguments.key(i);
    const Node& value = arguments[i];
    if (std::find(rules.also_allowed.begin(), rules.also_allowed.end(), key.text()) != rules.also_allowed.end()) continue;
    if (key.source() && (diagnostics.blames(key.source(), key.range().begin) || diagnostics.blames(value.source(), value.range().begin))) continue;
    const Field* field = schema.find(key.text());
    if (!field) {
      std::vector<std::string> names = argument_names(schema);
      names.insert(names.end(), rules.also_allowed.begin(), rules.also_allowed.end());
      std::string hint = did_you_mean(key.text(), names);
      if (hint.empty()) hint = belongs_elsewhere(rules.kind, key.text(), schema.name);
      if (hint.empty()) hint = names.empty() ? rules.what + " takes no " + rules.word + "s" : fmt::format("its {}s: {}", rules.word, listed(names));
      report(diagnostics, key, fmt::format("unknown {} '{}' of {}", rules.word, key.text(), rules.what), hint);
      continue;
    }
    const std::optional<Config> read = read_value(field->type, value, diagnostics);
    if (!read) continue;
    try {
      schema.set(object, *field, *read);
      given.emplace_back(key.text(), *read);
    } catch (const Error& e) {
      report(diagnostics, value.is_null() ? key : value, e.what(), e.hint());
    }
  }
  return given;
}

std::optional<ObjectParts> object_parts(const Node& node) {
  if (node.is_string()) return ObjectParts{&node, nullptr};
  if (!node.is_mapping()) return std::nullopt;
  if (const Node* name = node.find("class_name")) {
    const Node* config = node.find("config");
    if (!name->is_string()) return std::nullopt;
    // Keras writes a function as its name, and a program's own class under a registered name.
    if (name->as_string() == "function" && config && config->is_string()) return ObjectParts{config, nullptr};
    return ObjectParts{name, config};
  }
  if (node.size() != 1 || !node.key(0).is_string()) return std::nullopt;
  return ObjectParts{&node.key(0), &node[0]};
}

const ComponentType* check_class(std::string_view kind, const Node& name, Diagnostics& diagnostics) {
  try {
    return &component_named(kind, name.as_string());
  } catch (const Error& e) {
    report(diagnostics, name, e.what(), e.hint());
    return nullptr;
  }
}

std::optional<ObjectConfig> check_object(std::string_view kind, const Node& node, Diagnostics& diagnostics,
                                         std::vector<std::string> also_allowed) {
  const std::optional<ObjectParts> parts = object_parts(node);
  if (!parts) {
    const bool several = node.is_mapping() && node.size() > 1;
    report(diagnostics, several ? Mark(node.key(1)) : Mark(node),
           several ? fmt::format("{} {} has one name; '{}' is a second one", article(kind), kind, node.key(1).text())
                   : fmt::format("expected {} {} (a name, or one name with its arguments), received {}", article(kind), kind, received(node)),
           several ? fmt::format("arguments stand inside: {}: {{{}: ...}}", node.key(0).text(), node.key(1).text()) : "");
    return std::nullopt;
  }
  const ComponentType* type = check_class(kind, *parts->name, diagnostics);
  if (!type) return std::nullopt;
  const std::size_t errors_before = diagnostics.error_count();
  const std::string what = fmt::format("{} {}", kind, type->schema.name);
  const std::shared_ptr<void> scratch = type->create();
  Config::Mapping given;
  static const Node none{};
  const Node& arguments = parts->arguments ? *parts->arguments : none;
  given = check_arguments({type->schema, what, "argument", kind, std::move(also_allowed)}, scratch.get(), arguments, diagnostics);
  if (arguments.is_null() || arguments.is_mapping()) {
    std::string missing;
    const Field* first = nullptr;
    const std::vector<std::string> misspelt = misspelt_names(type->schema, arguments);
    for (const Field& f : type->schema.fields) {
      if (!f.type.required || arguments.find(f.name) || arguments.find(merge_key) || std::find(misspelt.begin(), misspelt.end(), f.name) != misspelt.end()) continue;
      if (!first) first = &f;
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", f.name);
    }
    if (first)
      report(diagnostics, *parts->name, fmt::format("{} needs the argument{} {}", what, missing.find(',') == std::string::npos ? "" : "s", missing),
             fmt::format("'{}': {}", first->name, first->doc));
  }
  if (diagnostics.error_count() != errors_before) return std::nullopt;
  return ObjectConfig{type->schema.name, std::move(given)};
}

}  // namespace strata
