// The positioned tree that YAML and JSON texts are read into, and that a spec is written from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/spec/source_text.h"

namespace strata {

class Node {
 public:
  // An integer is written without point and exponent; it and a number are never taken for each other here.
  enum class Kind { null, boolean, integer, number, string, sequence, mapping };

  Node() = default;  // null
  static Node null() { return Node(); }
  static Node boolean(bool value);
  static Node integer(std::int64_t value);
  static Node number(double value);
  static Node string(std::string value);
  static Node sequence(std::vector<Node> items = {});
  static Node mapping();

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_boolean() const { return kind_ == Kind::boolean; }
  bool is_integer() const { return kind_ == Kind::integer; }
  bool is_number() const { return kind_ == Kind::number; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_sequence() const { return kind_ == Kind::sequence; }
  bool is_mapping() const { return kind_ == Kind::mapping; }
  bool is_scalar() const { return kind_ < Kind::sequence; }

  // The value of a node of that kind; asked of another kind, a std::logic_error.
  bool as_boolean() const;
  std::int64_t as_integer() const;
  double as_number() const;
  const std::string& as_string() const;

  // A scalar as it stands in the text (a string: its value). Keys are compared by it: the keys 1 and "1" are the same.
  const std::string& text() const { return text_; }
  // A string in quotes, or a block scalar.
  bool is_quoted() const { return quoted_; }

  // Sequences count items, mapping pairs; a scalar has none.
  std::size_t size() const { return is_mapping() ? items_.size() / 2 : items_.size(); }
  const Node& operator[](std::size_t i) const { return is_mapping() ? items_[2 * i + 1] : items_[i]; }
  Node& operator[](std::size_t i) { return is_mapping() ? items_[2 * i + 1] : items_[i]; }
  const Node& key(std::size_t i) const { return items_[2 * i]; }
  // The value under a key, or null if it is absent.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  const Node* find_key(std::string_view key) const;

  Node& append(Node item);                           // to a sequence
  Node& set(const std::string& key, Node value);     // replaces the value or adds a pair at the end
  Node& add_pair(Node key, Node value);              // the caller has seen that the key is new
  bool erase(std::string_view key);

  // Where it stands. A node made by a program has no source. An absent value (`Flatten:`) has an empty range behind its
  // colon; what an alias brought stands where the anchor is; a block scalar's range is its header.
  const SourceRef& source() const { return source_; }
  const TextRange& range() const { return range_; }
  Place place() const { return source_ ? source_->place(range_.begin) : Place(); }
  Node& locate(SourceRef source, TextRange range);

  // "an integer", "a mapping", ...
  static const char* describe(Kind kind);

 private:
  friend Node scalar_node(std::string_view token, std::string* problem, std::string* hint);
  friend Node quoted_node(std::string value);

  Kind kind_ = Kind::null;
  bool quoted_ = false;
  union {
    bool boolean_;
    std::int64_t integer_ = 0;
    double number_;
  };
  std::string text_;
  std::vector<Node> items_;  // a mapping's keys and values take turns
  TextRange range_;
  SourceRef source_;
};

// Kinds, values, keys and order; neither places nor quotes. NaN equals NaN.
bool operator==(const Node& a, const Node& b);
inline bool operator!=(const Node& a, const Node& b) { return !(a == b); }

}  // namespace strata
