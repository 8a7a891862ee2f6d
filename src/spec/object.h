// From a node of the tree to an object checked against its schema. Every mistake is reported where it stands, and
// reading goes on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <strata/component.h>

#include "src/spec/diagnostics.h"
#include "src/spec/tree.h"

namespace strata {

// Where something stands: what an error found later, without the tree, is reported at.
struct Mark {
  SourceRef source;  // null: made by a program
  TextRange range;

  Mark() = default;
  Mark(SourceRef s, TextRange r) : source(std::move(s)), range(r) {}
  Mark(const Node& node) : source(node.source()), range(node.range()) {}  // NOLINT
  std::string str() const;  // "mnist.yaml:14:5"
};
void report(Diagnostics& diagnostics, const Mark& at, const std::string& message, const std::string& hint = {});
void warn(Diagnostics& diagnostics, const Mark& at, const std::string& message, const std::string& hint = {});

// The value of a node, and back. {Name: {...}} is a mapping here: what is an object only a schema can say.
Config config_of(const Node& node);
Node node_of(const Config& config);

// A mapping of arguments against a schema.
struct ArgumentRules {
  const Schema& schema;
  std::string what;                             // "optimizer Adam", "'fit'"
  std::string word = "argument";                // "key" in a section
  std::string_view kind = {};                   // whose other classes may have the argument
  std::vector<std::string> also_allowed = {};   // keys that somebody else reads
};
// The arguments that are there and right, in the order of the text. `object` is a scratch object of the schema's type that
// each value is tried on. Not among the errors: what is missing.
Config::Mapping check_arguments(const ArgumentRules& rules, void* object, const Node& arguments, Diagnostics& diagnostics);

// A section of the spec (`fit`, `run`, ...) is a struct with a schema, like any component.
template <Described T>
T read_section(const Node& node, const std::string& name, Diagnostics& diagnostics, std::vector<std::string> also_allowed = {}) {
  T section;
  const Schema schema = T::schema();
  check_arguments({schema, "'" + name + "'", "key", {}, std::move(also_allowed)}, &section, node, diagnostics);
  return section;
}

// The parts of an object in any of its forms: `Name`, `Name:`, `Name: {...}`, {class_name:, config:}.
struct ObjectParts {
  const Node* name = nullptr;
  const Node* arguments = nullptr;  // null: none are given
};
// Null where the node has none of these forms.
std::optional<ObjectParts> object_parts(const Node& node);

// `name` against the kind's classes, aliases and spellings.
const ComponentType* check_class(std::string_view kind, const Node& name, Diagnostics& diagnostics);
// An object of this kind, under its class name, with the arguments that are given; nothing after an error.
std::optional<ObjectConfig> check_object(std::string_view kind, const Node& node, Diagnostics& diagnostics,
                                         std::vector<std::string> also_allowed = {});

// An error, with a suggestion, for every key of a mapping that is not in `allowed`.
void check_keys(const Node& mapping, const std::string& what, const std::vector<std::string>& allowed, Diagnostics& diagnostics);

}  // namespace strata
