#include "src/spec/json_reader.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "src/spec/limits.h"
#include "src/spec/scalar.h"
#include "src/spec/tree_builder.h"

namespace strata {
namespace {

// nlohmann's parser says what comes, not where. Between two of its events stand only blanks, commas and colons, so the
// place of every token is found by walking the text along with it.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonEvents(const SourceRef& source, Diagnostics& diagnostics)
      : source_(source), text_(source->text()), diagnostics_(diagnostics),
        builder_(source, diagnostics, spec_limits::json_nesting) {}

  Node take_root() { return std::move(builder_.root()); }

  bool null() override { return token(); }
  bool boolean(bool) override { return token(); }
  bool number_integer(number_integer_t) override { return token(); }
  bool number_unsigned(number_unsigned_t) override { return token(); }
  bool number_float(number_float_t, const string_t&) override { return token(); }
  bool binary(binary_t&) override { return false; }  // only in binary formats

  bool string(string_t& value) override {
    const TextRange range = string_range();
    builder_.value(quoted_node(std::move(value)).locate(source_, range));
    return true;
  }

  bool key(string_t& value) override {
    const TextRange range = string_range();
    builder_.key(quoted_node(std::move(value)).locate(source_, range));
    return true;
  }

  bool start_object(std::size_t) override { return begin(Node::mapping()); }
  bool start_array(std::size_t) override { return begin(Node::sequence()); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }

  // `position`: how many bytes were read when the error was seen.
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    explain(std::min(position > 0 ? position - 1 : 0, text_.size()), error.id == 406);
  }

 private:
  std::size_t next_token(std::size_t from) const {
    return std::min(text_.find_first_not_of(" \t\n,:", from), text_.size());
  }

  TextRange string_range() {
    const std::size_t begin = next_token(cursor_);
    std::size_t end = begin + 1;
    while (text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    cursor_ = end + 1;
    return {begin, cursor_};
  }

  TextRange plain_range() const {
    const std::size_t begin = next_token(cursor_);
    return {begin, std::min(text_.find_first_of(" \t\n,:]}[{\"", begin), text_.size())};
  }

  bool token() {
    const TextRange range = plain_range();
    cursor_ = range.end;
    std::string problem, hint;
    Node node = scalar_node(std::string_view(text_).substr(range.begin, range.end - range.begin), &problem, &hint);
    if (!problem.empty()) diagnostics_.error(source_, range, problem, hint);
    builder_.value(std::move(node.locate(source_, range)));
    return true;
  }

  bool begin(Node node) {
    const std::size_t at = next_token(cursor_);
    cursor_ = at + 1;
    builder_.begin(std::move(node), {at, at + 1}).bracket = at;
    return true;
  }

  bool end() {
    cursor_ = next_token(cursor_) + 1;
    TreeBuilder::Open closed = builder_.end();
    closed.node.locate(source_, {closed.bracket, cursor_});
    builder_.value(std::move(closed.node), closed.nodes, closed.height);
    return true;
  }

  [[noreturn]] void explain(std::size_t seen, bool number_overflow);

  SourceRef source_;
  const std::string& text_;
  Diagnostics& diagnostics_;
  TreeBuilder builder_;
  std::size_t cursor_ = 0;
};

void JsonEvents::explain(std::size_t seen, bool number_overflow) {
  const std::size_t token = next_token(cursor_);
  if (number_overflow) {
    std::string problem, hint;
    const TextRange range = plain_range();
    scalar_node(std::string_view(text_).substr(range.begin, range.end - range.begin), &problem, &hint);
    builder_.fail(range, problem, hint);
  }
  const std::size_t bracket = builder_.open().empty() ? TreeBuilder::npos : builder_.open().back().bracket;
  const std::string opened = bracket == TreeBuilder::npos
                                 ? std::string()
                                 : fmt::format("'{}' was opened at {}", text_[bracket], builder_.position(bracket));
  if (token < text_.size() && text_[token] == '"' && seen > token) {  // the string itself is broken
    const char c = seen < text_.size() ? text_[seen] : '\0';
    if (seen >= text_.size() || c == '\n') builder_.fail({token, seen}, "this string is never closed", "a '\"' is missing");
    if (static_cast<unsigned char>(c) < 0x20)
      builder_.fail({seen, seen + 1}, "a control character in a string", c == '\t' ? "write \\t" : "write it as \\u....");
    builder_.fail({seen, seen + 1}, fmt::format("'{}' does not belong in an escape of a string", c),
                  "a backslash itself is written \\\\");
  }
  const std::size_t at = std::min(token, seen);
  if (at >= text_.size() || (token >= text_.size() && (text_[at] == ' ' || text_[at] == '\n'))) {
    if (bracket != TreeBuilder::npos)
      builder_.fail({bracket, bracket + 1}, fmt::format("this '{}' is never closed: the text ends at {}", text_[bracket],
                                                        builder_.position(text_.size())));
    builder_.fail({at, at}, "the text ends where a value is expected");
  }
  const char c = text_[at];
  const TextRange here{at, at + std::max<std::size_t>(1, utf8_length(text_, at))};
  const auto word = [&](const char* w) { return text_.compare(at, std::char_traits<char>::length(w), w) == 0; };
  if (c == '/' || c == '#') builder_.fail(here, "JSON has no comments", "remove it, or write the spec as YAML");
  if (word("NaN") || word("Infinity") || word("-Infinity") || word("-NaN"))
    builder_.fail({at, plain_range().end}, "JSON numbers are finite: it has no NaN and no Infinity");
  if (c == '\'') builder_.fail(here, "JSON strings stand in double quotes");
  if (builder_.open().empty() && builder_.has_root())
    builder_.fail(here, "text behind the end of the JSON value", "one file holds one value");
  if (c == ']' || c == '}') {
    std::size_t before = text_.find_last_not_of(" \t\n", at == 0 ? 0 : at - 1);
    if (bracket != TreeBuilder::npos && (c == ']') == (text_[bracket] == '[') && before != std::string::npos && text_[before] == ',')
      builder_.fail({before, before + 1}, fmt::format("a comma before '{}': JSON has no trailing commas", c), opened);
    builder_.fail(here, fmt::format("unexpected '{}'", c), opened);
  }
  if (at > 0 && text_[at - 1] == '0' && c >= '0' && c <= '9')
    diagnostics_.throw_if_errors();  // the leading zero was found when the 0 was taken for a number
  const std::size_t end = token == at ? plain_range().end : here.end;
  const bool expects_key = builder_.expects_key();
  const char* expected = builder_.open().empty()             ? "a value"
                         : expects_key                       ? "',', '}' or a key in double quotes"
                         : builder_.open().back().key        ? "':' and a value"
                                                             : "a value, ',' or ']'";
  builder_.fail({at, std::max(end, here.end)}, fmt::format("unexpected '{}'", text_.substr(at, std::max(end, here.end) - at)),
                fmt::format("expected {}{}{}", expected, opened.empty() ? "" : "; ", opened));
}

}  // namespace

Node read_json(const SourceRef& source, Diagnostics& diagnostics) {
  if (source->text().find_first_not_of(" \t\n") == std::string::npos) {
    diagnostics.file_error(source->name(), "the spec is empty", "the smallest one: {\"model\": [{\"Input\": {\"shape\": [4]}}, {\"Dense\": {\"units\": 1}}]}");
    diagnostics.throw_if_errors();
  }
  JsonEvents events(source, diagnostics);
  nlohmann::json::sax_parse(source->text(), &events);
  return events.take_root();
}

}  // namespace strata
