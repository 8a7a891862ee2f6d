#include "src/spec/tree.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "src/spec/scalar.h"

namespace strata {
namespace {

void expect(const Node& node, Node::Kind kind) {
  if (node.kind() != kind)
    throw std::logic_error(std::string("a spec node is ") + Node::describe(node.kind()) + ", taken for " + Node::describe(kind));
}

}  // namespace

Node Node::boolean(bool value) {
  Node n;
  n.kind_ = Kind::boolean;
  n.boolean_ = value;
  n.text_ = value ? "true" : "false";
  return n;
}

Node Node::integer(std::int64_t value) {
  Node n;
  n.kind_ = Kind::integer;
  n.integer_ = value;
  n.text_ = std::to_string(value);
  return n;
}

Node Node::number(double value) {
  Node n;
  n.kind_ = Kind::number;
  n.number_ = value;
  n.text_ = number_text(value);
  return n;
}

Node Node::string(std::string value) {
  Node n;
  n.kind_ = Kind::string;
  n.text_ = std::move(value);
  return n;
}

Node Node::sequence(std::vector<Node> items) {
  Node n;
  n.kind_ = Kind::sequence;
  n.items_ = std::move(items);
  return n;
}

Node Node::mapping() {
  Node n;
  n.kind_ = Kind::mapping;
  return n;
}

bool Node::as_boolean() const {
  expect(*this, Kind::boolean);
  return boolean_;
}

std::int64_t Node::as_integer() const {
  expect(*this, Kind::integer);
  return integer_;
}

double Node::as_number() const {
  expect(*this, Kind::number);
  return number_;
}

const std::string& Node::as_string() const {
  expect(*this, Kind::string);
  return text_;
}

const Node* Node::find_key(std::string_view key) const {
  if (!is_mapping()) return nullptr;
  for (std::size_t i = 0; i < items_.size(); i += 2)
    if (items_[i].text_ == key) return &items_[i];
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Node* found = find_key(key);
  return found ? found + 1 : nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Node::append(Node item) {
  expect(*this, Kind::sequence);
  return items_.emplace_back(std::move(item));
}

Node& Node::set(const std::string& key, Node value) {
  expect(*this, Kind::mapping);
  if (Node* old = find(key)) return *old = std::move(value);
  return add_pair(string(key), std::move(value));
}

Node& Node::add_pair(Node key, Node value) {
  expect(*this, Kind::mapping);
  items_.push_back(std::move(key));
  return items_.emplace_back(std::move(value));
}

bool Node::erase(std::string_view key) {
  const Node* found = find_key(key);
  if (!found) return false;
  const auto at = items_.begin() + (found - items_.data());
  items_.erase(at, at + 2);
  return true;
}

Node& Node::locate(SourceRef source, TextRange range) {
  source_ = std::move(source);
  range_ = range;
  return *this;
}

const char* Node::describe(Kind kind) {
  switch (kind) {
    case Kind::null: return "nothing";
    case Kind::boolean: return "a boolean";
    case Kind::integer: return "an integer";
    case Kind::number: return "a number";
    case Kind::string: return "a string";
    case Kind::sequence: return "a list";
    case Kind::mapping: return "a mapping";
  }
  return "";
}

bool operator==(const Node& a, const Node& b) {
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  switch (a.kind()) {
    case Node::Kind::null: return true;
    case Node::Kind::boolean: return a.as_boolean() == b.as_boolean();
    case Node::Kind::integer: return a.as_integer() == b.as_integer();
    case Node::Kind::number:
      return std::isnan(a.as_number()) ? std::isnan(b.as_number())
                                       : a.as_number() == b.as_number() && std::signbit(a.as_number()) == std::signbit(b.as_number());
    case Node::Kind::string: return a.as_string() == b.as_string();
    default: break;
  }
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a.is_mapping() && a.key(i) != b.key(i)) || a[i] != b[i]) return false;
  return true;
}

}  // namespace strata
