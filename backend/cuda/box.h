// Copies between boxes of arrays: y[to + sum i_a to_a] = x[from + sum i_a from_a], strides in units of one element or of several
// neighbours. For the host as for the device.
#pragma once

#include <cstdint>

#ifndef STRATA_HOST_DEVICE
#define STRATA_HOST_DEVICE
#endif

namespace strata::cuda {

struct Box {
  static constexpr int most_axes = 8;
  struct Axis { std::int64_t size, from, to; };
  Axis axes[most_axes] = {};  // outermost first
  int rank = 0;
  std::int64_t from = 0, to = 0;

  // Axes from the outermost; neighbours that lie behind one another are joined. False where there is no room.
  bool add(std::int64_t size, std::int64_t from_stride, std::int64_t to_stride) {
    if (size == 1) return true;
    if (rank > 0 && axes[rank - 1].from == size * from_stride && axes[rank - 1].to == size * to_stride) {
      axes[rank - 1] = {axes[rank - 1].size * size, from_stride, to_stride};
      return true;
    }
    if (rank == most_axes) return false;
    axes[rank++] = {size, from_stride, to_stride};
    return true;
  }
  std::int64_t elements() const {
    std::int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= axes[i].size;
    return n;
  }

  // Where element `index` of the box, in row-major order, lies.
  struct Places { std::int64_t from, to; };
  template <class Index>
  STRATA_HOST_DEVICE Places places(Index index) const {
    Places p{from, to};
    for (int i = rank - 1; i > 0; --i) {
      const Index size = static_cast<Index>(axes[i].size), rest = index / size;
      const auto at = static_cast<std::int64_t>(index - rest * size);
      p.from += at * axes[i].from;
      p.to += at * axes[i].to;
      index = rest;
    }
    if (rank > 0) {
      p.from += static_cast<std::int64_t>(index) * axes[0].from;
      p.to += static_cast<std::int64_t>(index) * axes[0].to;
    }
    return p;
  }

  // How many neighbours can move as one: a power of two up to `most` that divides every offset, where the innermost axis lies
  // dense on both sides.
  int neighbours(int most) const {
    if (rank == 0 || axes[rank - 1].from != 1 || axes[rank - 1].to != 1) return 1;
    int n = most;
    const auto divides = [&n](std::int64_t k) {
      while (k % n != 0) n /= 2;
    };
    divides(from);
    divides(to);
    divides(axes[rank - 1].size);
    for (int i = 0; i + 1 < rank; ++i) divides(axes[i].from), divides(axes[i].to);
    return n;
  }
  // The same box, its unit being n neighbours.
  Box grouped(int n) const {
    Box b = *this;
    if (n == 1) return b;
    b.from /= n;
    b.to /= n;
    b.axes[rank - 1].size /= n;
    for (int i = 0; i + 1 < rank; ++i) b.axes[i].from /= n, b.axes[i].to /= n;
    return b;
  }

  // The axis along which x is dense where the innermost one is not: a copy across them goes through tiles. -1: none.
  int across() const {
    if (rank < 2 || axes[rank - 1].to != 1 || axes[rank - 1].from == 1 || axes[rank - 1].from == 0) return -1;
    for (int i = 0; i + 1 < rank; ++i)
      if (axes[i].from == 1) return i;
    return -1;
  }
};

// The way back.
inline Box turned(const Box& box) {
  Box b = box;
  b.from = box.to;
  b.to = box.from;
  for (int i = 0; i < box.rank; ++i) b.axes[i] = {box.axes[i].size, box.axes[i].to, box.axes[i].from};
  return b;
}
// (rows, columns) to (columns, rows).
inline Box transposition(std::int64_t rows, std::int64_t columns) {
  Box b;
  b.add(columns, 1, rows);
  b.add(rows, columns, 1);
  return b;
}

}  // namespace strata::cuda
