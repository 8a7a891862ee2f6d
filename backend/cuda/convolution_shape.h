// What a convolution of the op table is to cuDNN: dense tensors with channels last, described channels second, over two or
// three spatial axes (one becomes two, the first of them 1), and a kernel of the op table with filters_first.
#pragma once

#include <string>
#include <variant>

#include "backend/region.h"
#include "backend/cuda/box.h"

namespace strata::cuda {

struct ConvolutionShape {
  using Dims = std::vector<std::int64_t>;
  Dims x, kernel, y;  // (N, C, spatial...), (F, C / groups, spatial...), (N, F, spatial...)
  Dims strides, dilation, low, high;  // by spatial axis; padding before and after

  bool is_even() const { return low == high; }  // padded alike on both sides
  // As many elements of padding on both sides, the rest being zeros around x: of shape `x`, in which the old x is `inside`.
  struct Evenly;
  Evenly evenly() const;
};
struct ConvolutionShape::Evenly {
  ConvolutionShape shape;
  Box inside;  // from the old x to the new
};

// The types of a convolution's x, kernel and y, and its attributes; or why cuDNN does not take it.
std::variant<ConvolutionShape, std::string> convolution_shape(const ArrayType& x, const ArrayType& kernel, const ArrayType& y, const Attributes& a);

// Strides of (N, C, spatial...) whose elements lie as (N, spatial..., C).
ConvolutionShape::Dims channels_last(const ConvolutionShape::Dims& dims);

inline std::int64_t elements(const ConvolutionShape::Dims& dims) {
  std::int64_t n = 1;
  for (const std::int64_t d : dims) n *= d;
  return n;
}

}  // namespace strata::cuda
