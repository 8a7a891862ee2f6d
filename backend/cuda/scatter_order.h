// The order in which rows are added up by index: pairs (row, number of the entry), sorted, in pieces. For the host as for the
// device.
#pragma once

#include <cstdint>

#ifndef STRATA_HOST_DEVICE
#define STRATA_HOST_DEVICE
#endif

namespace strata::cuda {

struct ScatterOrder {
  using Key = unsigned long long;  // no two are equal
  static constexpr int run = 1024;   // entries that one block sorts
  static constexpr int piece = 32;   // entries that one block adds up
  static constexpr std::int64_t most = (std::int64_t{1} << 32) - 2;  // rows or entries; the greatest key is nobody's

  static STRATA_HOST_DEVICE Key key(std::int64_t row, std::int64_t entry) { return static_cast<Key>(row) << 32 | static_cast<Key>(entry); }
  static STRATA_HOST_DEVICE std::int64_t row_of(Key k) { return static_cast<std::int64_t>(k >> 32); }
  static STRATA_HOST_DEVICE std::int64_t entry_of(Key k) { return static_cast<std::int64_t>(k & 0xFFFFFFFFu); }

  // Where key i goes when its sorted run of `length` is merged with the one beside it.
  static STRATA_HOST_DEVICE std::int64_t merged_place(const Key* keys, std::int64_t i, std::int64_t n, std::int64_t length) {
    const std::int64_t own = i / length * length, pair = i / (2 * length) * (2 * length);
    std::int64_t low = own == pair ? pair + length : pair;
    std::int64_t high = low + length;
    if (low > n) low = n;
    if (high > n) high = n;
    const std::int64_t beside = low;
    const Key k = keys[i];
    while (low < high) {  // the first that is not less
      const std::int64_t middle = low + (high - low) / 2;
      if (keys[middle] < k) low = middle + 1;
      else high = middle;
    }
    return pair + (i - own) + (low - beside);
  }

  // Entries of one row within a piece; whether the row's first entry is here, and its last.
  struct Stretch {
    std::int64_t row, begin, end;
    bool begins, ends;
  };
  template <class F>
  static STRATA_HOST_DEVICE void for_each_stretch(const Key* keys, std::int64_t p, std::int64_t n, F f) {
    const std::int64_t first = p * piece, end = first + piece < n ? first + piece : n;
    for (std::int64_t i = first; i < end;) {
      const std::int64_t row = row_of(keys[i]);
      std::int64_t next = i + 1;
      while (next < end && row_of(keys[next]) == row) ++next;
      f(Stretch{row, i, next, i > first || i == 0 || row_of(keys[i - 1]) != row, next < end || next == n || row_of(keys[next]) != row});
      i = next;
    }
  }

  // Of the row that begins in piece p and goes on behind it: the last piece that has some of it. p where there is none.
  static STRATA_HOST_DEVICE std::int64_t last_piece_of_row_that_begins(const Key* keys, std::int64_t p, std::int64_t n) {
    const std::int64_t first = p * piece, end = first + piece;
    if (end >= n) return p;
    const std::int64_t row = row_of(keys[end]);
    if (row_of(keys[end - 1]) != row) return p;
    if (first > 0 && row_of(keys[first - 1]) == row) return p;  // it began before
    std::int64_t q = p + 1;
    while ((q + 1) * piece < n && row_of(keys[(q + 1) * piece]) == row && row_of(keys[(q + 1) * piece - 1]) == row) ++q;
    return q;
  }
};

}  // namespace strata::cuda
