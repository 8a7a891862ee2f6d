#include "backend/cuda/movement_box.h"

#include <algorithm>

namespace strata::cuda {
namespace {

std::vector<std::int64_t> strides_of(const ArrayType& t) {
  std::vector<std::int64_t> strides(t.dims.size());
  std::int64_t n = 1;
  for (std::size_t i = t.dims.size(); i-- > 0; n *= t.dims[i]) strides[i] = n;
  return strides;
}

// The elements of a slice, as a box of the larger array.
bool slice(Box& box, const ArrayType& whole, const ArrayType& part, const Attributes& a, bool put_back) {
  const auto axis = static_cast<std::size_t>(a.integer("axis"));
  const std::int64_t begin = a.shape("bounds")[0].number(), step = a.integer("step");
  const auto outside = strides_of(whole), inside = strides_of(part);
  (put_back ? box.to : box.from) = begin * outside[axis];
  bool fits = true;
  for (std::size_t i = 0; i < part.dims.size(); ++i) {
    const std::int64_t stride = outside[i] * (i == axis ? step : 1);
    fits = fits && box.add(part.dims[i], put_back ? inside[i] : stride, put_back ? stride : inside[i]);
  }
  return fits;
}

// Element i of an axis goes to low + i (interior + 1); what lands outside is cropped.
bool pad(Box& box, const ArrayType& x, const ArrayType& y, const std::vector<std::int64_t>& padding) {
  const auto from = strides_of(x), to = strides_of(y);
  bool fits = true;
  for (std::size_t i = 0; i < x.dims.size(); ++i) {
    const std::int64_t low = padding[3 * i], step = padding[3 * i + 2] + 1, size = y.dims[i];
    const std::int64_t first = low < 0 ? (-low + step - 1) / step : 0;
    const std::int64_t end = std::min(x.dims[i], size > low ? (size - low + step - 1) / step : 0);
    box.from += first * from[i];
    box.to += (low + first * step) * to[i];
    fits = fits && box.add(std::max<std::int64_t>(end - first, 0), from[i], to[i] * step);
  }
  return fits;
}

}  // namespace

std::optional<Box> movement_box(const RegionOp& op, const Region& region) {
  const ArrayType &x = region.type(op.inputs[0]), &y = op.outputs[0];
  const Attributes& a = *op.attributes;
  const auto from = strides_of(x), to = strides_of(y);
  Box box;
  bool fits = true;
  if (op.name == "copy") {
    fits = box.add(y.elements(), 1, 1);
  } else if (op.name == "broadcast_to") {
    for (int i = 0; i < y.rank(); ++i) {
      const int j = i - (y.rank() - x.rank());
      const bool repeats = j < 0 || x.dims[static_cast<std::size_t>(j)] == 1;
      fits = fits && box.add(y.dims[static_cast<std::size_t>(i)], repeats ? 0 : from[static_cast<std::size_t>(j)], to[static_cast<std::size_t>(i)]);
    }
  } else if (op.name == "transpose") {
    const auto& axes = a.integers("axes");
    for (std::size_t i = 0; i < axes.size(); ++i) fits = fits && box.add(y.dims[i], from[static_cast<std::size_t>(axes[i])], to[i]);
  } else if (op.name == "slice") {
    fits = slice(box, x, y, a, false);
  } else if (op.name == "slice_gradient") {
    fits = slice(box, y, x, a, true);
  } else if (op.name == "pad") {
    fits = pad(box, x, y, a.integers("padding"));
  } else {  // reverse
    const auto axis = static_cast<std::size_t>(a.integer("axis"));
    box.from = (x.dims[axis] - 1) * from[axis];
    for (std::size_t i = 0; i < x.dims.size(); ++i) fits = fits && box.add(x.dims[i], i == axis ? -from[i] : from[i], to[i]);
  }
  return fits ? std::optional(box) : std::nullopt;
}

}  // namespace strata::cuda
