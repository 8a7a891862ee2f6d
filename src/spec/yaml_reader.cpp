#include "src/spec/yaml_reader.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "src/spec/limits.h"
#include "src/spec/scalar.h"
#include "src/spec/tree_builder.h"

namespace strata {
namespace {

constexpr std::size_t npos = std::string::npos;
constexpr std::string_view core_tags = "tag:yaml.org,2002:";

// yaml-cpp (0.7) marks where a node's tag or anchor begins, never where a node ends; an absent value it marks at the
// next token, lines below. It takes as valid: an unclosed single quote, a lone word as a key without colon, [a,,b]. So
// ranges are measured on the text here, and what measuring finds missing is an error.
class YamlEvents : public YAML::EventHandler {
 public:
  YamlEvents(const SourceRef& source, Diagnostics& diagnostics)
      : source_(source), text_(source->text()), diagnostics_(diagnostics),
        builder_(source, diagnostics, spec_limits::yaml_nesting) {}

  bool has_root() const { return builder_.has_root(); }
  Node& root() { return builder_.root(); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (builder_.has_root()) refuse_second_document(offset(mark));
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark&, const std::string& name) override { anchor_name_ = name; }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    begin(Node::sequence(), mark, tag, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    begin(Node::mapping(), mark, tag, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

  [[noreturn]] void explain(const YAML::Exception& error);

 private:
  struct Anchor {
    std::string name;
    bool open = true;  // its node is not complete: an alias to it now would be a circle
    Node node;
    std::size_t nodes = 1, height = 1, alias_depth = 0;
  };
  // Where the tag and the anchor of a node are, and where the node itself.
  struct Start {
    std::size_t node = 0, properties_end = 0;
    TextRange tag;
  };

  std::size_t offset(const YAML::Mark& mark) const {
    return mark.pos < 0 ? text_.size() : std::min(static_cast<std::size_t>(mark.pos), text_.size());
  }
  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  std::size_t line_begin(std::size_t i) const {
    const std::size_t before = i == 0 ? npos : text_.rfind('\n', i - 1);
    return before == npos ? 0 : before + 1;
  }
  std::size_t column(std::size_t i) const { return i - line_begin(i); }
  bool same_line(std::size_t a, std::size_t b) const { return line_begin(a) == line_begin(b); }

  std::size_t skip_blanks(std::size_t i) const;  // blanks, line breaks, comments
  std::size_t null_literal(std::size_t i) const;  // its length, or 0
  Start start(std::size_t marked) const;
  std::size_t scalar_end(std::size_t begin, const std::string& value);
  std::size_t block_scalar_end(std::size_t begin) const;
  // Whether what stands at i can be the value that comes next: not if it is indented no deeper than its parent.
  bool belongs(std::size_t i) const;
  std::size_t place_of_absent() const;

  void refuse_tab(std::size_t begin);
  void check_colon();
  void check_tag(const std::string& tag, const Start& start, const Node& node);
  void scalar(Node node, TextRange range, YAML::anchor_t anchor);
  void begin(Node node, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool flow);
  void end();
  void keep(YAML::anchor_t anchor, const Node& node, std::size_t nodes, std::size_t height, std::size_t alias_depth);
  std::size_t open_bracket(std::size_t end) const;
  [[noreturn]] void refuse_second_document(std::size_t begin);

  SourceRef source_;
  const std::string& text_;
  Diagnostics& diagnostics_;
  TreeBuilder builder_;
  std::size_t cursor_ = 0;  // behind what was measured last
  std::size_t tab_line_ = npos;
  std::size_t alias_nodes_ = 0, anchored_nodes_ = 0;
  std::string anchor_name_;
  std::map<YAML::anchor_t, Anchor> anchors_;
  std::vector<YAML::anchor_t> open_anchors_;  // one per open collection, 0: none
};

std::size_t YamlEvents::skip_blanks(std::size_t i) const {
  while (i < text_.size()) {
    if (text_[i] == '#' && (i == 0 || text_[i - 1] == ' ' || text_[i - 1] == '\t' || text_[i - 1] == '\n')) {
      i = std::min(text_.find('\n', i), text_.size());
    } else if (text_[i] == ' ' || text_[i] == '\t' || text_[i] == '\n') {
      ++i;
    } else {
      break;
    }
  }
  return i;
}

std::size_t YamlEvents::null_literal(std::size_t i) const {
  for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
    if (text_.compare(i, word.size(), word) != 0) continue;
    const char next = at(i + word.size());
    if (next == '\0' || next == ' ' || next == '\t' || next == '\n' || next == ',' || next == ']' || next == '}' || next == ':')
      return word.size();
  }
  return 0;
}

YamlEvents::Start YamlEvents::start(std::size_t marked) const {
  Start s{marked, marked, {}};
  while (at(s.node) == '&' || at(s.node) == '!') {
    const bool verbatim = text_.compare(s.node, 2, "!<") == 0;
    std::size_t end = verbatim ? text_.find('>', s.node) : text_.find_first_of(" \t\n,[]{}", s.node);
    end = end == npos ? text_.size() : end + (verbatim ? 1 : 0);
    if (text_[s.node] == '!') s.tag = {s.node, end};
    s.properties_end = end;
    s.node = skip_blanks(end);
  }
  return s;
}

std::size_t YamlEvents::block_scalar_end(std::size_t begin) const {
  const bool at_root = builder_.open().empty();
  const std::size_t parent = at_root ? 0 : builder_.open().back().column;
  std::size_t end = std::min(text_.find('\n', begin), text_.size());
  while (end < text_.size()) {
    const std::size_t first = text_.find_first_not_of(' ', end + 1);
    const bool blank = first == npos || text_[first] == '\n';
    if (!blank && !at_root && first - (end + 1) <= parent) break;
    end = std::min(text_.find('\n', end + 1), text_.size());
  }
  return end;
}

// `value` is the scalar's value, which a plain scalar on several lines has folded.
std::size_t YamlEvents::scalar_end(std::size_t begin, const std::string& value) {
  const char quote = at(begin);
  if (quote == '"' || quote == '\'') {
    for (std::size_t i = begin + 1; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (quote == '\'' && at(i + 1) == quote) ++i;
        else return i + 1;
      }
    }
    builder_.fail({begin, begin + 1}, "this quote is never closed", fmt::format("a {} is missing", quote));
  }
  if (quote == '|' || quote == '>') return std::min(text_.find('\n', begin), text_.size());
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
  std::size_t i = begin;
  for (std::size_t j = 0; j < value.size() && i < text_.size();) {
    if (blank(value[j])) {
      while (j < value.size() && blank(value[j])) ++j;
      while (i < text_.size() && blank(text_[i])) ++i;
    } else {
      ++j;
      ++i;
    }
  }
  return i;
}

bool YamlEvents::belongs(std::size_t i) const {
  if (builder_.open().empty() || builder_.open().back().flow || same_line(cursor_, i)) return true;
  return i < text_.size() && column(i) > builder_.open().back().column;
}

std::size_t YamlEvents::place_of_absent() const {
  if (builder_.open().empty()) return cursor_;
  if (builder_.open().back().node.is_sequence()) {
    const std::size_t dash = skip_blanks(cursor_);
    return at(dash) == '-' ? dash + 1 : cursor_;
  }
  const std::size_t colon = skip_blanks(cursor_);
  return at(colon) == ':' ? colon + 1 : cursor_;
}

// A line of block style that begins with blanks and a tab. One error per line.
void YamlEvents::refuse_tab(std::size_t begin) {
  if (!builder_.open().empty() && builder_.open().back().flow) return;
  const std::size_t line = line_begin(begin), tab = text_.find('\t', line);
  if (tab >= begin || line == tab_line_ || text_.find_first_not_of(" \t", line) < begin) return;
  tab_line_ = line;
  diagnostics_.error(source_, {tab, tab + 1}, "a tab is used for indentation", "indent with spaces");
}

// yaml-cpp reads a lone word among `key: value` lines as a key.
void YamlEvents::check_colon() {
  if (builder_.open().empty()) return;
  const TreeBuilder::Open& parent = builder_.open().back();
  if (!parent.node.is_mapping() || !parent.key || parent.flow) return;
  if (at(skip_blanks(cursor_)) != ':')
    diagnostics_.error(source_, parent.key->range(), fmt::format("expected ':' behind '{}'", parent.key->text()));
}

void YamlEvents::check_tag(const std::string& tag, const Start& start, const Node& node) {
  if (start.tag.begin == start.tag.end || tag == "!") return;
  const std::string shown_tag = text_.substr(start.tag.begin, start.tag.end - start.tag.begin);
  const bool core = tag.compare(0, core_tags.size(), core_tags) == 0;
  const std::string name = core ? tag.substr(core_tags.size()) : std::string();
  const std::map<std::string, bool> fits = {
      {"str", node.is_string()},       {"int", node.is_integer()},
      {"float", node.is_number() || node.is_integer()}, {"bool", node.is_boolean()},
      {"null", node.is_null()},        {"seq", node.is_sequence()},
      {"map", node.is_mapping()}};
  const auto found = fits.find(name);
  if (found == fits.end()) {
    diagnostics_.error(source_, start.tag, fmt::format("unknown tag '{}'", shown_tag),
                       "a spec is data: it names no types of other languages; remove the tag");
  } else if (!found->second) {
    diagnostics_.error(source_, start.tag, fmt::format("the tag '{}' does not fit {}", shown_tag, Node::describe(node.kind())));
  }
}

void YamlEvents::keep(YAML::anchor_t anchor, const Node& node, std::size_t nodes, std::size_t height, std::size_t alias_depth) {
  if (anchor == 0) return;
  anchored_nodes_ += nodes;
  if (anchored_nodes_ > spec_limits::nodes)
    builder_.fail(node.range(), fmt::format("anchors hold more than the limit of {} values", spec_limits::nodes));
  Anchor& kept = anchors_[anchor];
  kept.open = false;
  kept.node = node;
  kept.nodes = nodes;
  kept.height = height;
  kept.alias_depth = alias_depth;
}

// A scalar that was measured, as a key or as a value.
void YamlEvents::scalar(Node node, TextRange range, YAML::anchor_t anchor) {
  node.locate(source_, range);
  if (anchor != 0) {
    anchors_[anchor].name = anchor_name_;
    keep(anchor, node, 1, 1, 0);
  }
  if (!builder_.expects_key()) {
    builder_.value(std::move(node));
    return;
  }
  if (node.is_null())
    diagnostics_.error(source_, range, node.text().empty() ? "a key is missing before ':'" : fmt::format("'{}' is no key", node.text()),
                       node.text().empty() ? "" : "put it in quotes if it is a name");
  if (node.text() == "<<" && !node.is_quoted())
    diagnostics_.error(source_, range, "merge keys ('<<') are not part of the spec language",
                       "write the keys out, or let an alias stand for a whole value");
  builder_.key(std::move(node));
}

void YamlEvents::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const std::size_t marked = offset(mark);
  check_colon();
  Start s{marked, marked, {}};
  const bool own = belongs(marked);
  if (own) s = start(marked);
  const bool has_properties = own && (at(marked) == '&' || at(marked) == '!');
  const bool key_itself = !builder_.open().empty() && builder_.open().back().key && builder_.open().back().key->range().begin == marked;
  const std::size_t length = own && !key_itself && belongs(s.node) ? null_literal(s.node) : 0;
  std::string problem, hint;
  TextRange range;
  if (length > 0) {
    range = {s.node, s.node + length};
    refuse_tab(s.node);
  } else {
    const std::size_t place = has_properties ? s.properties_end : place_of_absent();
    range = {place, place};
    if (!builder_.open().empty() && builder_.open().back().flow && builder_.open().back().node.is_sequence())
      diagnostics_.error(source_, {s.node, s.node + 1}, "a value is missing before this", "remove a comma, or write null");
  }
  if (has_properties) check_tag({}, s, Node::null());
  cursor_ = std::max(cursor_, range.end);
  scalar(scalar_node(std::string_view(text_).substr(range.begin, range.end - range.begin), &problem, &hint), range, anchor);
}

void YamlEvents::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
  const Start s = start(offset(mark));
  check_colon();
  const char first = at(s.node);
  const bool quotes = first == '"' || first == '\'', block = first == '|' || first == '>';
  const bool absent = value.empty() && !quotes && !block;  // a tag alone
  if (!absent) refuse_tab(s.node);
  const TextRange range = absent ? TextRange{s.properties_end, s.properties_end} : TextRange{s.node, scalar_end(s.node, value)};
  cursor_ = block && !absent ? block_scalar_end(s.node) : range.end;

  std::string problem, hint;
  const bool string = (quotes || block) && !absent;
  Node node = string || tag == "!" || tag == std::string(core_tags) + "str" ? quoted_node(value)
                                                                           : scalar_node(value, &problem, &hint);
  if (node.is_string() && !node.is_quoted()) node = Node::string(value);
  if (!problem.empty()) diagnostics_.error(source_, range, problem, hint);
  check_tag(tag, s, node);
  scalar(std::move(node), range, anchor);
}

void YamlEvents::OnAlias(const YAML::Mark& mark, YAML::anchor_t id) {
  const std::size_t begin = offset(mark);
  check_colon();
  const std::size_t end = std::min(text_.find_first_of(" \t\n,[]{}", begin), text_.size());
  cursor_ = end;
  const Anchor& anchor = anchors_[id];
  if (anchor.open)
    builder_.fail({begin, end}, fmt::format("the alias '*{}' refers to its own ancestor", anchor.name),
                  "an alias can only repeat what is complete above it");
  alias_nodes_ += anchor.nodes;
  if (alias_nodes_ > spec_limits::alias_nodes)
    builder_.fail({begin, end}, fmt::format("aliases such as '*{}' expand to more than the limit of {} values", anchor.name,
                                            spec_limits::alias_nodes));
  if (anchor.alias_depth + 1 > spec_limits::alias_depth)
    builder_.fail({begin, end}, fmt::format("the alias '*{}' stands for aliases nested deeper than the limit of {}", anchor.name,
                                            spec_limits::alias_depth));
  if (builder_.open().size() + anchor.height - 1 > spec_limits::yaml_nesting)
    builder_.fail({begin, end}, fmt::format("with the alias '*{}' nested deeper than the limit of {} levels", anchor.name,
                                            spec_limits::yaml_nesting));
  if (!builder_.expects_key()) {
    builder_.value(anchor.node, anchor.nodes, anchor.height, anchor.alias_depth + 1);
    return;
  }
  if (!anchor.node.is_scalar()) builder_.fail({begin, end}, "a key is a name or a number, no list and no mapping");
  Node key = anchor.node;
  builder_.key(std::move(key.locate(source_, {begin, end})));
}

void YamlEvents::begin(Node node, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool flow) {
  const Start s = start(offset(mark));
  check_colon();
  refuse_tab(s.node);
  check_tag(tag, s, node);
  const bool bracket = flow && at(s.node) == (node.is_mapping() ? '{' : '[');
  TreeBuilder::Open& opened = builder_.begin(std::move(node), {s.node, s.node + 1});
  opened.flow = flow;
  opened.bracket = bracket ? s.node : npos;
  opened.column = column(s.node);
  opened.node.locate(source_, {s.node, s.node});
  cursor_ = s.node + (bracket ? 1 : 0);
  open_anchors_.push_back(anchor);
  if (anchor != 0) anchors_[anchor].name = anchor_name_;
}

void YamlEvents::end() {
  TreeBuilder::Open closed = builder_.end();
  if (closed.bracket != npos) {
    const char bracket = closed.node.is_mapping() ? '}' : ']';
    std::size_t i = skip_blanks(cursor_);
    while (i < text_.size() && text_[i] != bracket) i = skip_blanks(i + 1);
    cursor_ = std::min(i + 1, text_.size());
  }
  closed.node.locate(source_, {closed.node.range().begin, cursor_});
  // Told here, not where it begins: yaml-cpp takes a bracket that is never closed for the beginning of a key.
  if (builder_.expects_key()) builder_.fail(closed.node.range(), "a key is a name or a number, no list and no mapping");
  const YAML::anchor_t anchor = open_anchors_.back();
  open_anchors_.pop_back();
  keep(anchor, closed.node, closed.nodes, closed.height, closed.alias_depth);
  builder_.value(std::move(closed.node), closed.nodes, closed.height, closed.alias_depth);
}

void YamlEvents::refuse_second_document(std::size_t begin) {
  const TextRange here{begin, std::min(text_.find('\n', begin), text_.size())};
  if (text_.compare(begin, 3, "---") == 0)
    builder_.fail(here, fmt::format("a second document begins at line {}", source_->place(begin).line), "one file holds one spec");
  builder_.fail(here, "this does not continue the document above", "a list goes on with '- ', a mapping with 'key: value'");
}

// The innermost bracket or quote that is open where the text up to `end` stops, or npos.
std::size_t YamlEvents::open_bracket(std::size_t end) const {
  std::vector<std::size_t> brackets;
  for (const TreeBuilder::Open& open : builder_.open())
    if (open.bracket != npos) brackets.push_back(open.bracket);
  for (std::size_t i = cursor_; i < end; i = skip_blanks(i + 1)) {
    const char c = text_[i];
    if (c == '[' || c == '{') {
      brackets.push_back(i);
    } else if (c == ']' || c == '}') {
      if (!brackets.empty()) brackets.pop_back();
    } else if (c == '"') {
      const std::size_t quote = i;
      for (++i; i < end && text_[i] != '"'; ++i) i += text_[i] == '\\' ? 1 : 0;
      if (i >= end) return quote;
    }
  }
  return brackets.empty() ? npos : brackets.back();
}

void YamlEvents::explain(const YAML::Exception& error) {
  namespace Msg = YAML::ErrorMsg;
  const std::string& what = error.msg;
  const std::size_t here = offset(error.mark);
  const TextRange range{here, here + std::max<std::size_t>(1, utf8_length(text_, here))};
  const std::size_t opening = open_bracket(here);
  const bool in_brackets = opening != npos && (text_[opening] == '[' || text_[opening] == '{');
  const std::string opened =
      in_brackets ? fmt::format("'{}' was opened at {}", text_[opening], builder_.position(opening)) : std::string();
  const auto is = [&](const char* message) { return what.compare(0, std::char_traits<char>::length(message), message) == 0; };

  if (is(Msg::EOF_IN_SCALAR) || (opening != npos && text_[opening] == '"'))
    builder_.fail({opening == npos ? here : opening, (opening == npos ? here : opening) + 1}, "this quote is never closed",
                  "a \" is missing");
  const std::size_t tab = text_.find('\t', line_begin(here));
  if (!in_brackets && tab != npos && tab < std::max(text_.find_first_not_of(" \t", line_begin(here)), line_begin(here))) {
    if (line_begin(here) != tab_line_) builder_.fail({tab, tab + 1}, "a tab is used for indentation", "indent with spaces");
    diagnostics_.throw_if_errors();
  }
  if (is(Msg::END_OF_SEQ_FLOW) || is(Msg::END_OF_MAP_FLOW)) {
    if (skip_blanks(here) >= text_.size() && in_brackets)
      builder_.fail({opening, opening + 1},
                    fmt::format("this '{}' is never closed: the text ends at {}", text_[opening], builder_.position(text_.size())));
    builder_.fail(range, fmt::format("expected ',' or '{}'", is(Msg::END_OF_SEQ_FLOW) ? ']' : '}'), opened);
  }
  if (is(Msg::FLOW_END))
    builder_.fail(range, in_brackets ? fmt::format("'{}' does not close the '{}' that is open", text_[here], text_[opening])
                                     : fmt::format("there is nothing open that '{}' closes", at(here)), opened);
  if (is(Msg::UNKNOWN_ANCHOR)) {
    const std::size_t end = std::min(text_.find_first_of(" \t\n,[]{}", here), text_.size());
    builder_.fail({here, end}, fmt::format("the anchor of the alias '{}' is not defined", text_.substr(here, end - here)),
                  "an anchor (&name) stands above its aliases; a text that begins with * needs quotes");
  }
  if (is(Msg::UNKNOWN_TOKEN)) builder_.fail(range, fmt::format("a value cannot begin with '{}'", at(here)), "put it in quotes");
  if (is(Msg::MAP_VALUE))
    builder_.fail(range, "a ':' where no key can be",
                  "is the line indented as it should be, and does none above it lack its ':'? a text that holds ': ' needs quotes");
  if (is(Msg::END_OF_MAP) || is(Msg::END_OF_SEQ))
    builder_.fail(range, "this does not continue what is above",
                  "a list goes on with '- ', a mapping with 'key: value', both at the indentation they began with");
  if (is(Msg::BLOCK_ENTRY)) builder_.fail(range, "a list item ('- ') cannot begin here", "put it on a line of its own");
  if (is("unknown escape") || is("bad character found while scanning hex") || is("invalid unicode"))
    builder_.fail(range, "an escape that YAML does not know", "a backslash is written \\\\ in double quotes, or as it is in single ones");
  builder_.fail(range, "not valid YAML: " + what);
}

}  // namespace

Node read_yaml(const SourceRef& source, Diagnostics& diagnostics) {
  const std::string& text = source->text();
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7F;
  });
  if (control != text.end()) {  // yaml-cpp takes 0x04 for the end of the text
    const auto begin = static_cast<std::size_t>(control - text.begin());
    diagnostics.error(source, {begin, begin + 1}, "a control character", "in double quotes it can be written as \\x..");
    diagnostics.throw_if_errors();
  }
  YamlEvents events(source, diagnostics);
  std::istringstream stream(text);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(events);
    if (events.has_root()) parser.HandleNextDocument(events);  // a second one is an error
  } catch (const YAML::Exception& error) {
    events.explain(error);
  }
  if (!events.has_root() || (events.root().is_null() && events.root().text().empty())) {
    if (!diagnostics.has_errors())
      diagnostics.file_error(source->name(), "the spec is empty", "the smallest one: model: [{Input: {shape: [4]}}, {Dense: {units: 1}}]");
    diagnostics.throw_if_errors();
  }
  return std::move(events.root());
}

}  // namespace strata
