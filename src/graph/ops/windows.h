// Sliding windows over the spatial axes of (N, spatial..., C), one window element at a time: how convolution and pooling
// are written in primitives.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <strata/ops.h>
#include "backend/window.h"
#include "src/graph/ops/table.h"

namespace strata {

// The attributes strides, dilation and padding of a window over `spatial` axes. Absent strides are `strides`, absent
// dilations 1; numbers that do not fit are an Error.
Attributes window_attributes(std::string_view op, const Window& window, int spatial, const std::vector<std::int64_t>& strides);

// Number of windows along each spatial axis of `x`, open axes included. A window that does not fit is an Error.
Shape window_counts(std::string_view op, const Shape& x, const std::vector<std::int64_t>& size, const Attributes& attributes);

// The same windows once the spatial axes are numbers. Elements of a window are counted in row-major order.
class Windows {
 public:
  Windows(const Shape& x, const std::vector<std::int64_t>& size, const Attributes& attributes);

  std::int64_t elements() const;
  const std::vector<WindowAxis>& axes() const { return axes_; }
  // Number of elements of each window that lie inside x, along one axis.
  std::vector<std::int64_t> inside(std::size_t axis) const;

  Value padded(Value x, double value) const;
  // Element k of every window of the padded x: (N, windows..., C).
  Value element(Value padded, std::int64_t k) const;
  // The transpose of `element`: the values at their places in the padded x, zeros elsewhere.
  Value put_back(Value elements, std::int64_t k) const;
  // The transpose of `padded`.
  Value cropped(Value padded) const;

 private:
  std::vector<std::int64_t> offsets(std::int64_t k) const;
  std::vector<std::int64_t> input_, size_, strides_, dilation_;
  std::vector<WindowAxis> axes_;
};

}  // namespace strata
