#include "src/spec/tree_builder.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "src/spec/limits.h"

namespace strata {

void TreeBuilder::fail(TextRange range, const std::string& message, const std::string& hint) {
  diagnostics_.error(source_, range, message, hint);
  diagnostics_.throw_if_errors();
  std::abort();
}

std::string TreeBuilder::position(std::size_t offset) const {
  const Place place = source_->place(offset);
  return fmt::format("line {}, column {}", place.line, place.column);
}

void TreeBuilder::key(Node node) {
  Open& mapping = open_.back();
  if (node.text().size() > spec_limits::string_bytes)
    fail(node.range(), fmt::format("a key is longer than the limit of {} KiB", spec_limits::string_bytes >> 10));
  const auto [first, is_new] = mapping.keys.emplace(node.text(), node.range());
  if (!is_new) {
    diagnostics_.error(source_, node.range(),
                       fmt::format("duplicate key '{}': it stands at {} already", node.text(), position(first->second.begin)),
                       "remove one of them");
    mapping.skip_value = true;
  }
  mapping.key = std::move(node);
}

void TreeBuilder::value(Node node, std::size_t nodes, std::size_t height, std::size_t alias_depth) {
  if (node.is_string() && node.text().size() > spec_limits::string_bytes)
    fail(node.range(), fmt::format("a string is longer than the limit of {} KiB", spec_limits::string_bytes >> 10),
         "long texts and data belong in files of their own");
  if (node.is_scalar() && ++nodes_ > spec_limits::nodes)
    fail(node.range(), fmt::format("more than the limit of {} values in one spec", spec_limits::nodes));
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& parent = open_.back();
  parent.nodes += nodes;
  parent.height = std::max(parent.height, height + 1);
  parent.alias_depth = std::max(parent.alias_depth, alias_depth);
  if (parent.node.is_sequence()) {
    parent.node.append(std::move(node));
    return;
  }
  if (!parent.skip_value) parent.node.add_pair(std::move(*parent.key), std::move(node));
  parent.key.reset();
  parent.skip_value = false;
}

TreeBuilder::Open& TreeBuilder::begin(Node node, TextRange at) {
  if (open_.size() >= nesting_) fail(at, fmt::format("nested deeper than the limit of {} levels", nesting_));
  if (++nodes_ > spec_limits::nodes) fail(at, fmt::format("more than the limit of {} values in one spec", spec_limits::nodes));
  Open& opened = open_.emplace_back();
  opened.node = std::move(node);
  return opened;
}

TreeBuilder::Open TreeBuilder::end() {
  Open closed = std::move(open_.back());
  open_.pop_back();
  return closed;
}

}  // namespace strata
