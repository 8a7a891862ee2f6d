#include "backend/cuda/convolution_shape.h"

#include <algorithm>

#include "backend/window.h"

namespace strata::cuda {

using Dims = ConvolutionShape::Dims;

Dims channels_last(const Dims& dims) {
  Dims strides(dims.size());
  std::int64_t n = dims[1];
  strides[1] = 1;
  for (std::size_t i = dims.size(); i-- > 2; n *= dims[i]) strides[i] = n;
  strides[0] = n;
  return strides;
}

std::variant<ConvolutionShape, std::string> convolution_shape(const ArrayType& x, const ArrayType& kernel, const ArrayType& y, const Attributes& a) {
  const int spatial = x.rank() - 2;
  if (!a.flag("filters_first")) return "its kernel has its filters last";
  if (spatial > 3) return "it has more than three spatial axes";
  if (x.elements() == 0 || y.elements() == 0) return "it has no elements";
  const std::int64_t filters = kernel.dim(0);
  ConvolutionShape s{.x = {x.dim(0), x.dim(-1)}, .kernel = {filters, kernel.dim(-1)}, .y = {y.dim(0), filters}, .strides = {}, .dilation = {}, .low = {}, .high = {}};
  if (spatial == 1) {
    for (Dims* d : {&s.x, &s.kernel, &s.y, &s.strides, &s.dilation}) d->push_back(1);
    for (Dims* d : {&s.low, &s.high}) d->push_back(0);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(spatial); ++i) {
    const std::int64_t stride = a.integers("strides")[i], dilation = a.integers("dilation")[i];
    const WindowAxis axis = window_axis(a.text("padding"), x.dims[i + 1], kernel.dims[i + 1], stride, dilation);
    s.x.push_back(x.dims[i + 1]);
    s.kernel.push_back(kernel.dims[i + 1]);
    s.y.push_back(y.dims[i + 1]);
    s.strides.push_back(stride);
    s.dilation.push_back(dilation);
    s.low.push_back(axis.low);
    s.high.push_back(axis.high);
  }
  return s;
}

ConvolutionShape::Evenly ConvolutionShape::evenly() const {
  Evenly e{*this, {}};
  for (std::size_t i = 0; i < low.size(); ++i) {
    const std::int64_t both = std::min(low[i], high[i]);
    e.shape.x[i + 2] += low[i] + high[i] - 2 * both;
    e.shape.low[i] = e.shape.high[i] = both;
  }
  const Dims from = channels_last(x), to = channels_last(e.shape.x);
  e.inside.add(x[0], from[0], to[0]);
  for (std::size_t i = 2; i < x.size(); ++i) {
    e.inside.to += (low[i - 2] - e.shape.low[i - 2]) * to[i];
    e.inside.add(x[i], from[i], to[i]);
  }
  e.inside.add(x[1], from[1], to[1]);
  return e;
}

}  // namespace strata::cuda
