#include "src/spec/overrides.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "src/spec/spec.h"
#include "src/spec/suggest.h"
#include "src/spec/yaml_reader.h"

namespace strata {
namespace {

struct Segment {
  std::string name;
  std::optional<std::size_t> index;  // [2]
  TextRange range;                   // in the text of --set
};

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& f : schema.fields) names.emplace_back(f.name);
  return names;
}

class Override {
 public:
  Override(const std::string& text, Diagnostics& diagnostics) : source_(SourceText::from_text("--set", text)), diagnostics_(diagnostics) {}

  void apply(Node& tree) {
    if (!parse()) return;
    if (!tree.is_mapping()) return;  // an error of the spec
    top(tree);
  }

 private:
  // --- the text ------------------------------------------------------------------------------------------------------
  bool parse() {
    const std::string& text = source_->text();
    std::size_t at = 0;
    const auto fail = [&](std::size_t begin, std::size_t end, const std::string& message, const std::string& hint = {}) {
      diagnostics_.error(source_, {begin, std::max(end, begin)}, message, hint);
      return false;
    };
    while (true) {
      const std::size_t begin = at;
      if (at < text.size() && text[at] == '[') {
        const std::size_t close = text[at + 1 < text.size() ? at + 1 : at] == '"' ? text.find("\"]", at + 2) : text.find(']', at);
        if (close == std::string::npos) return fail(begin, text.size(), "'[' without ']'");
        if (text[at + 1] == '"') {
          segments_.push_back({text.substr(at + 2, close - at - 2), {}, {begin, close + 2}});
          at = close + 2;
        } else {
          std::size_t index = 0;
          const char* first = text.data() + at + 1;
          const auto [end, error] = std::from_chars(first, text.data() + close, index);
          if (error != std::errc() || end != text.data() + close || end == first)
            return fail(begin, close + 1, "a place in brackets is an integer from 0", "a name with dots is written [\"a.b\"]");
          segments_.push_back({text.substr(at, close + 1 - at), index, {begin, close + 1}});
          at = close + 1;
        }
      } else {
        const std::size_t end = std::min(text.find_first_of(".[=", at), text.size());
        if (end == at) return fail(at, std::min(at + 1, text.size()), "expected a name", "PATH=VALUE, as in compile.optimizer.learning_rate=0.01");
        segments_.push_back({text.substr(at, end - at), {}, {begin, end}});
        at = end;
      }
      if (at >= text.size()) return fail(0, text.size(), "no value is given", "PATH=VALUE, as in fit.epochs=3");
      if (text[at] == '=') break;
      if (text[at] == '.') ++at;
    }
    // The value is read at its own place in the text, so that its errors show the whole option.
    std::string padded(at + 1, ' ');
    padded += text.substr(at + 1);
    Diagnostics of_value;
    try {
      if (text.find_first_not_of(" \n", at + 1) == std::string::npos) value_ = Node::null();
      else value_ = read_yaml(SourceText::from_text("--set", padded), of_value);
    } catch (const SpecError&) {
    }
    for (const Diagnostic& d : of_value.sorted()) diagnostics_.error(source_, d.range, d.message, d.hint);
    relocate(value_, {at + 1, text.size()});
    return !of_value.has_errors();
  }

  void relocate(Node& node, TextRange otherwise) {
    node.locate(source_, node.source() ? node.range() : otherwise);
    for (std::size_t i = 0; i < node.size(); ++i) {
      if (node.is_mapping()) {
        Node& key = const_cast<Node&>(node.key(i));
        key.locate(source_, key.range());
      }
      relocate(node[i], otherwise);
    }
  }

  // --- walking -------------------------------------------------------------------------------------------------------
  bool at_end() const { return next_ == segments_.size(); }
  const Segment& here() const { return segments_[next_]; }
  // The path up to and with the segment at hand.
  std::string path() const { return source_->text().substr(0, next_ < segments_.size() ? segments_[next_].range.end : segments_.back().range.end); }

  void unknown(const std::string& what, const std::vector<std::string>& candidates) {
    std::string hint = did_you_mean(here().name, candidates);
    if (hint.empty()) {
      hint = candidates.empty() ? "" : "there are:";
      for (const auto& c : candidates) hint += (hint.back() == ':' ? " " : ", ") + c;
    }
    diagnostics_.error(source_, here().range, fmt::format("{} has no '{}'", what, here().name), hint);
  }
  void no_place(const std::string& what, std::size_t count) {
    diagnostics_.error(source_, here().range, fmt::format("{} has no place {}", what, here().name), fmt::format("it has {} entr{}, counted from 0", count, count == 1 ? "y" : "ies"));
  }
  void not_inside(const std::string& what) {
    diagnostics_.error(source_, here().range, fmt::format("{} has nothing inside, so no '{}'", what, here().name));
  }

  void put(Node& node) { node = value_; }

  Node made(Node node, const Segment& segment) const {
    node.locate(source_, segment.range);
    return node;
  }
  // The value under a key; made where it is absent.
  Node& child(Node& mapping, const Segment& segment, const std::string& name) {
    if (Node* found = mapping.find(name)) return *found;
    return mapping.add_pair(made(Node::string(name), segment), made(Node::null(), segment));
  }
  Node& child(Node& mapping, const Segment& segment) { return child(mapping, segment, segment.name); }

  // A mapping to go into, where nothing stands yet.
  void become_mapping(Node& node, const Segment& segment) {
    if (node.is_null()) node = made(Node::mapping(), segment);
  }

  // Into a mapping with known keys; `inside` goes on below one.
  void into(Node& node, const std::string& what, const std::vector<std::string>& keys, const std::function<void(Node&, const Segment&)>& inside) {
    if (std::find(keys.begin(), keys.end(), here().name) == keys.end()) return unknown(what, keys);
    const Segment& segment = here();
    become_mapping(node, segment);
    if (!node.is_mapping()) return not_inside(what);
    ++next_;
    Node& value = child(node, segment);
    if (at_end()) put(value);
    else inside(value, segment);
  }

  // A plain value: lists by place, mappings by key, whatever they are.
  void plain(Node& node, const Segment& parent) {
    if (at_end()) return put(node);
    const Segment& segment = here();
    if (segment.index) {
      if (!node.is_sequence()) return not_inside("'" + parent.name + "'");
      if (*segment.index >= node.size()) return no_place("'" + parent.name + "'", node.size());
      ++next_;
      return plain(node[*segment.index], segment);
    }
    become_mapping(node, segment);
    if (!node.is_mapping()) return not_inside("'" + parent.name + "'");
    ++next_;
    plain(child(node, segment), segment);
  }

  void top(Node& tree) {
    into(tree, "a spec", spec_keys(), [&](Node& node, const Segment& section) {
      const std::string name = section.name;
      if (name == "model") return model(node, section);
      if (name == "compile") return compile(node);
      if (name == "data") return data(node);
      if (name == "fit") return fit(node);
      if (name == "callbacks") return callbacks(node);
      if (name == "run") return into(node, "'run'", names_of(RunSpec::schema()), [&](Node& n, const Segment& s) { plain(n, s); });
      not_inside("'" + name + "'");
    });
  }

  void compile(Node& node) {
    into(node, "'compile'", compile_keys(), [&](Node& value, const Segment& key) {
      if (key.name == "optimizer") {
        if (value.is_null()) value = made(Node::string("RMSprop"), key);
        return object("optimizer", value, {});
      }
      const auto parts = object_parts(value);
      if (key.name == "loss" && parts && find_component("loss", parts->name->text())) return object("loss", value, {});
      if (key.name == "loss" && value.is_mapping() && value.find(here().name)) {
        Node& of_output = *value.find(here().name);
        ++next_;
        return at_end() ? put(of_output) : object("loss", of_output, {});
      }
      plain(value, key);
    });
  }

  void data(Node& node) {
    std::vector<std::string> keys = names_of(DataTable::schema());
    std::vector<std::string> all = keys;
    for (const char* key : {"train", "validation", "test", "stratify"}) all.emplace_back(key);
    into(node, "'data'", all, [&](Node& value, const Segment& key) {
      if (key.name == "train" || key.name == "validation" || key.name == "test")
        return into(value, "'" + key.name + "'", keys, [&](Node& n, const Segment& s) { plain(n, s); });
      plain(value, key);
    });
  }

  void fit(Node& node) {
    if (node.is_sequence()) {
      if (!here().index || *here().index >= node.size()) {
        diagnostics_.error(source_, here().range, fmt::format("'fit' has {} stages", node.size()), "a stage goes by its place: fit[0].epochs");
        return;
      }
      Node& stage = node[*here().index];
      ++next_;
      return at_end() ? put(stage) : fit_keys(stage);
    }
    if (here().index) {
      diagnostics_.error(source_, here().range, "'fit' is no list of stages", "one stage goes without a place: fit.epochs");
      return;
    }
    fit_keys(node);
  }
  void fit_keys(Node& node) {
    std::vector<std::string> keys = names_of(FitSpec::schema());
    keys.emplace_back("compile");
    keys.emplace_back("trainable");
    into(node, "'fit'", keys, [&](Node& value, const Segment& key) { key.name == "compile" ? compile(value) : plain(value, key); });
  }

  void callbacks(Node& node) {
    if (node.is_null()) node = made(Node::sequence(), here());
    if (!node.is_sequence()) return not_inside("'callbacks'");
    if (here().index) return item(node, "callback", {});
    const ComponentType* type = find_component("callback", here().name);
    std::vector<std::string> names;
    for (const ComponentType* known : components("callback")) names.push_back(known->schema.name);
    if (!type) return unknown("'callbacks'", names);
    const Segment& segment = here();
    for (std::size_t i = 0; i < node.size(); ++i)
      if (const auto parts = object_parts(node[i]); parts && find_component("callback", parts->name->text()) == type)
        return object("callback", node[i], {});
    object("callback", node.append(made(Node::string(type->schema.name), segment)), {});
  }

  // An entry of a list of objects by its place.
  void item(Node& list, const std::string& kind, const std::vector<std::string>& also_allowed) {
    if (*here().index >= list.size()) return no_place(kind == "layer" ? "the model" : "'callbacks'", list.size());
    Node& entry = list[*here().index];
    ++next_;
    if (at_end()) return put(entry);
    kind == "layer" ? layer(entry) : object(kind, entry, also_allowed);
  }

  // An argument of an object; the class name in the path may be left out.
  void object(const std::string& kind, Node& node, const std::vector<std::string>& also_allowed) {
    const auto parts = object_parts(node);
    const ComponentType* type = parts ? find_component(kind, parts->name->text()) : nullptr;
    if (!type) return;  // an error of the spec, reported there
    const std::vector<std::string> given = names_of(type->schema);
    const bool is_argument = std::find(given.begin(), given.end(), here().name) != given.end();
    if (!is_argument && find_component(kind, here().name) == type) ++next_;
    if (at_end()) {  // callbacks.EarlyStopping={patience: 5}
      const Segment& segment = segments_.back();
      Node whole = made(Node::mapping(), segment);
      whole.add_pair(made(Node::string(type->schema.name), segment), value_);
      node = std::move(whole);
      return;
    }
    std::vector<std::string> arguments = names_of(type->schema);
    arguments.insert(arguments.end(), also_allowed.begin(), also_allowed.end());
    const std::string what = fmt::format("{} {}", kind, type->schema.name);
    if (node.is_string()) {
      Node whole = made(Node::mapping(), here());
      whole.add_pair(node, made(Node::mapping(), here()));
      node = std::move(whole);
    }
    Node& body = node.find("class_name") ? child(node, here(), "config") : node[0];
    into(body, what, arguments, [&](Node& value, const Segment& key) {
      const Field* field = type->schema.find(key.name);
      if (!field || field->type.component.empty() || field->type.kind == FieldKind::objects) return plain(value, key);
      const std::string inner(field->type.component);
      if (value.is_null()) {
        value = node_of(type->schema.get(type->create().get(), *field));
        if (!object_parts(value)) value = made(Node::null(), key);
      }
      if (object_parts(value)) return object(inner, value, {});
      diagnostics_.error(source_, here().range, fmt::format("'{}' of {} is {}, and has no '{}'", key.name, what, value.is_scalar() ? value.text().empty() ? "null" : value.text() : Node::describe(value.kind()), here().name),
                         fmt::format("set '{}' to a {} first", key.name, inner));
    });
  }

  void layer(Node& entry) {
    const auto parts = object_parts(entry);
    if (entry.is_mapping() && entry.find("layer"))
      return into(entry, "a call of a layer", {"layer", "inputs", "call", "name"}, [&](Node& n, const Segment& s) { plain(n, s); });
    if (parts && (parts->name->text() == "Model" || parts->name->text() == "Sequential") && entry.is_mapping()) {
      if (here().name == parts->name->text()) ++next_;
      Segment segment = segments_[next_ ? next_ - 1 : 0];
      return at_end() ? put(entry[0]) : model(entry[0], segment);
    }
    if (is_input(entry)) {
      if (entry.is_mapping())
        return into(entry[0], "Input", names_of(InputArguments::schema()), [&](Node& n, const Segment& s) { plain(n, s); });
      return not_inside("Input");
    }
    object("layer", entry, {"inputs", "call"});
  }

  void model(Node& node, const Segment& parent) {
    if (node.is_string()) {
      diagnostics_.error(source_, here().range, fmt::format("the model comes from the file '{}'", node.text()), "what is inside a file is changed there");
      return;
    }
    if (node.is_mapping() && node.find("class_name")) return plain(node, parent);
    Node* layers = node.is_sequence() ? &node : node.find("layers");
    const Segment& segment = here();
    const bool says_layers = segment.name == "layers" && next_ + 1 < segments_.size() && segments_[next_ + 1].index;
    if (layers && layers->is_sequence()) {
      if (says_layers || segment.index) {
        if (says_layers) ++next_;
        return item(*layers, "layer", {});
      }
      const std::vector<std::string> names = layer_names(*layers);
      const auto found = std::find(names.begin(), names.end(), segment.name);
      if (found != names.end()) {
        Node& entry = (*layers)[static_cast<std::size_t>(found - names.begin())];
        ++next_;
        return at_end() ? put(entry) : layer(entry);
      }
      std::vector<std::string> candidates = names;
      if (node.is_sequence()) return unknown("the model", candidates);
      for (const char* key : {"inputs", "input", "outputs", "trainable", "name"}) candidates.emplace_back(key);
      if (std::find(candidates.begin() + static_cast<std::ptrdiff_t>(names.size()), candidates.end(), segment.name) == candidates.end() && segment.name != "layers")
        return unknown("the model", candidates);
    }
    plain(node, parent);
  }

  SourceRef source_;
  Diagnostics& diagnostics_;
  std::vector<Segment> segments_;
  std::size_t next_ = 0;
  Node value_;
};

}  // namespace

void apply_override(Node& tree, const std::string& text, Diagnostics& diagnostics) { Override(text, diagnostics).apply(tree); }

}  // namespace strata
