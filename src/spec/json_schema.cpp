#include "src/spec/json_schema.h"

#include <cmath>
#include <set>

#include "src/spec/describe.h"
#include "src/spec/spec.h"

namespace strata {
namespace {

Node text(std::string_view t) { return Node::string(std::string(t)); }
Node texts(const std::vector<std::string>& list) {
  Node node = Node::sequence();
  for (const std::string& t : list) node.append(text(t));
  return node;
}
Node mapping(std::vector<std::pair<std::string, Node>> pairs) {
  Node node = Node::mapping();
  for (auto& [key, value] : pairs) node.set(key, std::move(value));
  return node;
}
Node of_type(const char* type) { return mapping({{"type", text(type)}}); }
Node any_of(std::vector<Node> choices) { return mapping({{"anyOf", Node::sequence(std::move(choices))}}); }
Node reference(const std::string& name) { return mapping({{"$ref", text("#/definitions/" + name)}}); }
Node list_of(Node items) { return mapping({{"type", text("array")}, {"items", std::move(items)}}); }
Node map_of(Node values) { return mapping({{"type", text("object")}, {"additionalProperties", std::move(values)}}); }
Node one_or_list_or_map(const Node& one) { return any_of({one, list_of(any_of({one, of_type("null")})), map_of(one)}); }

void add_limits(Node& node, const Limits& limits) {
  if (std::isfinite(limits.low)) node.set(limits.open_low ? "exclusiveMinimum" : "minimum", Node::number(limits.low));
  if (std::isfinite(limits.high)) node.set(limits.open_high ? "exclusiveMaximum" : "maximum", Node::number(limits.high));
}

Node value_schema(const Field& f) {
  const auto limited = [&](const char* type) {
    Node node = of_type(type);
    add_limits(node, f.limits);
    return node;
  };
  const auto list = [&](const char* type) {
    Node node = list_of(limited(type));
    if (f.type.length >= 0) {
      node.set("minItems", Node::integer(f.type.length));
      node.set("maxItems", Node::integer(f.type.length));
    }
    return node;
  };
  switch (f.type.kind) {
    case FieldKind::boolean: return of_type("boolean");
    case FieldKind::integer: return limited("integer");
    case FieldKind::number: return limited("number");
    case FieldKind::text: return of_type("string");
    case FieldKind::choice: return mapping({{"enum", texts({f.limits.choices.begin(), f.limits.choices.end()})}});
    case FieldKind::integers: return f.type.scalar_or_list ? any_of({limited("integer"), list("integer")}) : list("integer");
    case FieldKind::numbers: return f.type.scalar_or_list ? any_of({limited("number"), list("number")}) : list("number");
    case FieldKind::texts: return list("string");
    case FieldKind::shape: {
      const Node axes = list_of(mapping({{"type", texts({"integer", "null"})}}));
      return f.type.scalar_or_list ? any_of({limited("integer"), axes}) : axes;
    }
    case FieldKind::object: return reference(std::string(f.type.component));
    case FieldKind::objects: return list_of(reference(std::string(f.type.component)));
    case FieldKind::layer: return reference("layer");
    case FieldKind::layers: return list_of(reference("layer"));
    case FieldKind::any:
      return f.type.component.empty() ? Node::mapping() : any_of({limited("number"), reference(std::string(f.type.component))});
  }
  return Node::mapping();
}

// {argument: ...}: nothing else may stand there.
Node arguments_schema(const Schema& schema, const std::vector<std::pair<std::string, Node>>& more = {}) {
  Node properties = Node::mapping();
  std::vector<std::string> required;
  for (const Field& f : schema.fields) {
    Node value = value_schema(f);
    if (f.type.nullable && value.size() > 0) value = any_of({std::move(value), of_type("null")});
    value.set("description", text(f.doc));
    properties.set(std::string(f.name), std::move(value));
    if (f.type.required) required.emplace_back(f.name);
  }
  for (const auto& [key, value] : more) properties.set(key, value);
  Node node = mapping({{"type", text("object")}, {"description", text(schema.doc)}, {"properties", std::move(properties)}});
  if (!required.empty()) node.set("required", texts(required));
  node.set("additionalProperties", Node::boolean(false));
  return node;
}

Node wiring() { return any_of({of_type("string"), list_of(of_type("string")), map_of(of_type("string"))}); }

// Name, {Name: {...}} or {class_name:, config:}.
Node kind_schema(const std::string& kind, Node& definitions) {
  Node by_name = Node::mapping();
  std::set<std::string> names;
  std::vector<std::pair<std::string, Node>> more;
  if (kind == "layer") more = {{"inputs", wiring()}, {"call", of_type("object")}};
  for (const ComponentType* type : components(kind)) {
    const std::string definition = kind + "." + type->schema.name;
    definitions.set(definition, arguments_schema(type->schema, more));
    std::set<std::string> spellings(type->schema.aliases.begin(), type->schema.aliases.end());
    spellings.insert(type->schema.name);
    if (kind != "layer") spellings.insert(snake_case(type->schema.name));
    for (const std::string& name : spellings) {
      if (find_component(kind, name) != type) continue;
      names.insert(name);
      by_name.set(name, any_of({reference(definition), of_type("null")}));
    }
  }
  Node name = mapping({{"enum", texts({names.begin(), names.end()})}});
  Node object = mapping({{"type", text("object")}, {"properties", std::move(by_name)}, {"additionalProperties", Node::boolean(false)},
                         {"minProperties", Node::integer(1)}, {"maxProperties", Node::integer(1)}});
  Node keras = mapping({{"type", text("object")}, {"required", texts({"class_name"})},
                        {"properties", mapping({{"class_name", of_type("string")}, {"config", mapping({{"type", texts({"object", "string", "null"})}})}})}});
  return any_of({std::move(name), std::move(object), std::move(keras)});
}

Node model_mapping() {
  const Node bindings = map_of(of_type("boolean"));
  return mapping({{"type", text("object")},
                  {"properties", mapping({{"name", of_type("string")},
                                          {"inputs", map_of(reference("input"))},
                                          {"input", reference("input")},
                                          {"layers", list_of(reference("layer_entry"))},
                                          {"outputs", wiring()},
                                          {"trainable", bindings},
                                          {"call_inputs", wiring()},
                                          {"call", of_type("object")}})},
                  {"required", texts({"layers"})},
                  {"additionalProperties", Node::boolean(false)}});
}

Node single(const std::string& name, Node value) {
  return mapping({{"type", text("object")}, {"properties", mapping({{name, std::move(value)}})}, {"required", texts({name})}, {"additionalProperties", Node::boolean(false)}});
}

Node metrics_schema() {
  const Node one = any_of({reference("metric"), mapping({{"enum", texts({"accuracy", "acc", "crossentropy", "ce"})}})});
  return one_or_list_or_map(any_of({one, list_of(one)}));
}

}  // namespace

Node spec_json_schema() {
  Node definitions = Node::mapping();
  for (const std::string& kind : described_kinds()) {
    Node schema = kind_schema(kind, definitions);
    definitions.set(kind, std::move(schema));
  }
  Node input = arguments_schema(InputArguments::schema());
  input.set("anyOf", Node::sequence({mapping({{"required", texts({"shape"})}}), mapping({{"required", texts({"batch_shape"})}})}));
  definitions.set("input", std::move(input));
  definitions.set("layer_entry", any_of({reference("layer"), single("Input", reference("input")), single("Model", reference("model_mapping")), single("Sequential", reference("model_mapping")),
      mapping({{"type", text("object")}, {"properties", mapping({{"layer", of_type("string")}, {"inputs", wiring()}, {"name", of_type("string")}, {"call", of_type("object")}})},
               {"required", texts({"layer"})}, {"additionalProperties", Node::boolean(false)}})}));
  definitions.set("model_mapping", model_mapping());
  definitions.set("keras_model", mapping({{"type", text("object")}, {"required", texts({"class_name", "config"})}}));
  definitions.set("compile", arguments_schema(CompileSpec::schema(), {{"optimizer", reference("optimizer")},
                                                                    {"loss", one_or_list_or_map(reference("loss"))},
                                                                    {"loss_weights", one_or_list_or_map(of_type("number"))},
                                                                    {"metrics", metrics_schema()},
                                                                    {"weighted_metrics", metrics_schema()}}));
  definitions.set("table", arguments_schema(DataTable::schema()));
  definitions.set("data", arguments_schema(DataTable::schema(), {{"train", reference("table")}, {"validation", reference("table")}, {"test", reference("table")}, {"stratify", of_type("boolean")}}));
  definitions.set("fit", arguments_schema(FitSpec::schema(), {{"compile", reference("compile")}, {"trainable", map_of(of_type("boolean"))},
                                                            {"class_weight", any_of({map_of(of_type("number")), of_type("null")})}}));
  definitions.set("run", arguments_schema(RunSpec::schema()));

  Node schema = mapping({{"title", text("Strata spec")}, {"type", text("object")}});
  schema.set("properties", mapping({{"name", of_type("string")},
                                    {"model", any_of({of_type("string"), list_of(reference("layer_entry")), reference("model_mapping"), reference("keras_model")})},
                                    {"compile", reference("compile")},
                                    {"data", reference("data")},
                                    {"fit", any_of({reference("fit"), list_of(reference("fit")), of_type("null")})},
                                    {"callbacks", list_of(reference("callback"))},
                                    {"run", reference("run")}}));
  schema.set("required", texts({"model"}));
  schema.set("additionalProperties", Node::boolean(false));
  schema.set("definitions", std::move(definitions));
  return schema;
}

}  // namespace strata
