// The kept and the reduced axes of an array, each as one index.
#pragma once

#include <optional>
#include <vector>

#include "backend/cuda/arithmetic.h"

namespace strata::cuda {

struct Axes {
  static constexpr int most = 4;
  int rank = 0;
  std::int64_t count = 1;  // of positions
  std::int64_t size[most] = {}, stride[most] = {};  // outermost first

  // From the outermost; neighbours that lie behind one another are joined. False where there is no room.
  bool add(std::int64_t n, std::int64_t s) {
    count *= n;
    if (n == 1) return true;
    if (rank > 0 && stride[rank - 1] == n * s) {
      size[rank - 1] *= n;
      stride[rank - 1] = s;
      return true;
    }
    if (rank == most) return false;
    size[rank] = n;
    stride[rank++] = s;
    return true;
  }
  // Where position `index` lies, in row-major order.
  STRATA_INLINE std::int64_t offset(std::int64_t index) const {
    std::int64_t at = 0;
    for (int i = rank - 1; i > 0; --i) {
      const std::int64_t rest = index / size[i];
      at += (index - rest * size[i]) * stride[i];
      index = rest;
    }
    return rank > 0 ? at + index * stride[0] : 0;
  }
};

struct ReductionAxes {
  Axes kept, reduced;
  bool innermost_is_reduced = false;
};

// Nothing where the axes alternate too often.
inline std::optional<ReductionAxes> reduction_axes(const ArrayType& x, const std::vector<std::int64_t>& axes) {
  ReductionAxes found;
  std::vector<std::int64_t> strides(x.dims.size());
  std::int64_t n = 1;
  for (std::size_t i = x.dims.size(); i-- > 0; n *= x.dims[i]) strides[i] = n;
  bool fits = true;
  for (std::size_t i = 0; i < x.dims.size(); ++i) {
    bool is_reduced = false;
    for (const std::int64_t axis : axes) is_reduced = is_reduced || axis == static_cast<std::int64_t>(i);
    fits = fits && (is_reduced ? found.reduced : found.kept).add(x.dims[i], strides[i]);
    if (x.dims[i] != 1) found.innermost_is_reduced = is_reduced;
  }
  return fits ? std::optional(found) : std::nullopt;
}

}  // namespace strata::cuda
