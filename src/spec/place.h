// Where something stands in a source text.
#pragma once

#include <cstddef>

namespace strata {

// Both count from 1; the column counts characters (code points), not bytes.
struct Place {
  std::size_t line = 1, column = 1;
  friend bool operator==(const Place& a, const Place& b) { return a.line == b.line && a.column == b.column; }
};

// Bytes [begin, end) of a source text.
struct TextRange {
  std::size_t begin = 0, end = 0;
  friend bool operator==(const TextRange& a, const TextRange& b) { return a.begin == b.begin && a.end == b.end; }
};

}  // namespace strata
