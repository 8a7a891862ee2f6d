// Nested loops over the axes of a shape with one linear offset per operand.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace strata::reference {

using Strides = std::vector<std::int64_t>;

inline Strides row_major(const std::vector<std::int64_t>& dims) {
  Strides strides(dims.size());
  std::int64_t step = 1;
  for (std::size_t i = dims.size(); i-- > 0; step *= dims[i]) strides[i] = step;
  return strides;
}

// Strides of an operand of shape `dims` that is broadcast to `rank` axes, aligned at the right: 0 along stretched axes.
inline Strides broadcast_strides(const std::vector<std::int64_t>& dims, std::size_t rank) {
  Strides strides = row_major(dims);
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (dims[i] == 1) strides[i] = 0;
  strides.insert(strides.begin(), rank - dims.size(), 0);
  return strides;
}

template <std::size_t N>
struct Walk {
  std::vector<std::int64_t> dims;
  std::array<Strides, N> strides;

  // f(offsets) at every position, in row-major order. A shape without axes has one position.
  template <class F>
  void each(F&& f, std::array<std::int64_t, N> at = {}) const { along(0, at, f); }

 private:
  template <class F>
  void along(std::size_t axis, std::array<std::int64_t, N> at, F& f) const {
    if (axis == dims.size()) return f(at);
    for (std::int64_t i = 0; i < dims[axis]; ++i) {
      along(axis + 1, at, f);
      for (std::size_t n = 0; n < N; ++n) at[n] += strides[n][axis];
    }
  }
};

}  // namespace strata::reference
