#include "src/spec/registry.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <regex>

#include "src/spec/absent.h"
#include "src/spec/suggest.h"

namespace strata {
namespace {

constexpr std::size_t listed_names = 24;  // in "known: ..."; of more the command tells

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// The components of one kind, by every name that a spec may use.
struct Index {
  std::vector<const ComponentType*> types;
  std::map<std::string, const ComponentType*, std::less<>> by_name;

  void add(const ComponentType& type) {
    const auto [found, added] = by_name.emplace(type.schema.name, &type);
    if (!added && found->second != &type && found->second->schema.name == type.schema.name)
      throw Error(ErrorKind::spec, "two " + std::string(type.kind) + " types have the name '" + type.schema.name + "'",
                  "give one of them another name in its schema");
    found->second = &type;  // a class name goes before another type's spelling
    types.push_back(&type);
    const auto also = [&](const std::string& name) { by_name.emplace(name, &type); };
    for (const std::string& alias : type.schema.aliases) also(alias);
    if (type.kind == "layer") return;
    also(snake_case(type.schema.name));
    also(lower(type.schema.name));
  }
};

// Made per kind, when it is first asked for, and outside the lock: a layer's schema holds default activations and
// initializers, which are looked up here in turn.
class Registry {
 public:
  std::shared_ptr<const Index> index(std::string_view kind) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = indices_.find(kind); found != indices_.end()) return found->second;
    }
    Index index;
    for (const auto& group : builtin_components())
      for (const BuiltinComponent& c : group)
        if (c.kind == kind) index.add(c.type());
    const std::lock_guard lock(mutex_);
    return indices_.emplace(kind, std::make_shared<const Index>(std::move(index))).first->second;
  }

  void add(const ComponentType& type) {
    const auto before = index(type.kind);
    if (const auto same = before->by_name.find(type.schema.name); same != before->by_name.end() && same->second == &type) return;
    const std::lock_guard lock(mutex_);
    auto& current = indices_.find(type.kind)->second;
    Index extended = *current;
    extended.add(type);
    current = std::make_shared<const Index>(std::move(extended));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Index>, std::less<>> indices_;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

std::string argument_names(const Schema& schema) {
  std::string names;
  for (const Field& f : schema.fields) names += (names.empty() ? "" : ", ") + std::string(f.name);
  return names;
}

const Config* entry(const Config::Mapping& mapping, std::string_view key) {
  const auto found = std::find_if(mapping.begin(), mapping.end(), [&](const auto& item) { return item.first == key; });
  return found == mapping.end() ? nullptr : &found->second;
}

ObjectConfig object_of(const std::string& name, const Config& arguments) {
  if (arguments.is_null()) return {name, {}};
  if (const auto* mapping = arguments.as<Config::Mapping>()) return {name, *mapping};
  throw Error(ErrorKind::spec,
              "the arguments of " + name + " must be a mapping of names to values, received " + arguments.str());
}

// {"module", "class_name", "config", "registered_name", ...}: a user's class is known by its registered name, a function
// by its config.
ObjectConfig from_keras(std::string_view kind, const std::string& class_name, const Config::Mapping& envelope) {
  const Config* config = entry(envelope, "config");
  if (class_name == "function" && config && config->as<std::string>()) return {*config->as<std::string>(), {}};
  const Config* registered = entry(envelope, "registered_name");
  const std::string* name = registered ? registered->as<std::string>() : nullptr;
  return object_of(name && find_component(kind, *name) ? *name : class_name, config ? *config : Config());
}

}  // namespace

std::string snake_case(std::string_view class_name) {
  static const std::regex words("(.)([A-Z][a-z]+)"), acronyms("([a-z])([A-Z])");
  const std::string once = std::regex_replace(std::string(class_name), words, "$1_$2");
  return lower(std::regex_replace(once, acronyms, "$1_$2"));
}

const ComponentType* find_component(std::string_view kind, std::string_view name) {
  const auto index = registry().index(kind);
  const auto found = index->by_name.find(name);
  return found == index->by_name.end() ? nullptr : found->second;
}

const ComponentType& component_named(std::string_view kind, std::string_view name) {
  if (const ComponentType* type = find_component(kind, name)) return *type;
  if (const auto absence = absence_of(kind, name)) throw Error(ErrorKind::spec, absence->message, absence->hint);
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::vector<std::string> candidates;  // spelled as the name at hand: classes to a class, words to a word
  const auto index = registry().index(kind);
  for (const auto& [known, type] : index->by_name)
    if (type->kind == "layer" || name.empty() || is_upper(known.front()) == is_upper(name.front())) candidates.push_back(known);
  std::string hint = did_you_mean(name, candidates);
  if (hint.empty() && index->types.size() > listed_names) {
    hint = "strata describe lists what there is";
  } else if (hint.empty() && !index->types.empty()) {
    hint = "known:";
    for (const ComponentType* type : index->types) hint += (hint.back() == ':' ? " " : ", ") + type->schema.name;
  }
  throw Error(ErrorKind::spec, "unknown " + std::string(kind) + " '" + std::string(name) + "'", hint);
}

std::vector<const ComponentType*> components(std::string_view kind) { return registry().index(kind)->types; }

void register_component(const ComponentType& type) { registry().add(type); }

std::shared_ptr<void> make_component(const ComponentType& type, const ObjectConfig& config) {
  const Schema& schema = type.schema;
  const std::shared_ptr<void> object = type.create();
  std::vector<std::string_view> given;
  for (const auto& [name, value] : config.arguments) {
    const Field* field = schema.find(name);
    if (!field) {
      std::vector<std::string> names;
      for (const Field& f : schema.fields) names.emplace_back(f.name);
      std::string hint = did_you_mean(name, names);
      if (hint.empty()) hint = names.empty() ? schema.name + " takes no arguments" : "its arguments: " + argument_names(schema);
      throw Error(ErrorKind::spec,
                  "unknown argument '" + name + "' of " + std::string(type.kind) + " " + schema.name, hint);
    }
    if (std::find(given.begin(), given.end(), name) != given.end())
      throw Error(ErrorKind::spec, "argument '" + name + "' of " + schema.name + " is given twice");
    given.push_back(name);
    schema.set(object.get(), *field, value);
  }
  const auto missing = schema.missing(object.get());
  if (!missing.empty()) {
    std::string names;
    for (const std::string_view name : missing) names += (names.empty() ? "'" : ", '") + std::string(name) + "'";
    throw Error(ErrorKind::spec,
                std::string(type.kind) + " " + schema.name + " needs the argument" + (missing.size() > 1 ? "s " : " ") + names,
                "'" + std::string(missing.front()) + "': " + std::string(schema.find(missing.front())->doc));
  }
  return object;
}

ObjectConfig as_object(std::string_view kind, const Config& config) {
  if (const auto* name = config.as<std::string>()) return {*name, {}};
  if (const auto* object = config.as<ObjectConfig>()) return *object;
  if (const auto* mapping = config.as<Config::Mapping>()) {
    if (const Config* class_name = entry(*mapping, "class_name"); class_name && class_name->as<std::string>())
      return from_keras(kind, *class_name->as<std::string>(), *mapping);
    if (mapping->size() == 1) return object_of(mapping->front().first, mapping->front().second);
  }
  const std::string article = std::string("aeiou").find(kind.front()) == std::string::npos ? "a " : "an ";
  expected(article + std::string(kind) + " (a name, or one name with its arguments)", config);
}

}  // namespace strata
