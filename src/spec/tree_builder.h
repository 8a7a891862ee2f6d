// What both readers do with the nodes that they find: put them in their place, refuse a key given twice, keep to limits.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/spec/diagnostics.h"
#include "src/spec/tree.h"

namespace strata {

class TreeBuilder {
 public:
  struct Open {
    Node node;
    std::optional<Node> key;  // of the value that comes next
    std::unordered_map<std::string, TextRange> keys;
    bool skip_value = false;  // the key was a mistake
    bool flow = false;        // YAML: between brackets
    std::size_t bracket = npos;  // where the bracket that opened it stands
    std::size_t column = 0;   // YAML, block style: of its first item
    std::size_t nodes = 1, height = 1, alias_depth = 0;  // of what it holds so far
  };
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  TreeBuilder(const SourceRef& source, Diagnostics& diagnostics, std::size_t nesting)
      : source_(source), diagnostics_(diagnostics), nesting_(nesting) {}

  bool expects_key() const { return !open_.empty() && open_.back().node.is_mapping() && !open_.back().key; }
  std::vector<Open>& open() { return open_; }
  const std::vector<Open>& open() const { return open_; }
  Node& root() { return *root_; }
  bool has_root() const { return root_.has_value(); }

  void key(Node node);
  // A value: `nodes`, `height`, `alias_depth` are those of its subtree.
  void value(Node node, std::size_t nodes = 1, std::size_t height = 1, std::size_t alias_depth = 0);
  // `at`: where it begins, for the errors.
  Open& begin(Node node, TextRange at);
  // Takes the innermost collection off the stack; the caller gives it its range and hands it to value().
  Open end();

  // Adds an error and leaves by a SpecError.
  [[noreturn]] void fail(TextRange range, const std::string& message, const std::string& hint = {});
  std::string position(std::size_t offset) const;  // "line 3, column 5"

 private:
  SourceRef source_;
  Diagnostics& diagnostics_;
  std::size_t nesting_, nodes_ = 0;
  std::vector<Open> open_;
  std::optional<Node> root_;
};

}  // namespace strata
