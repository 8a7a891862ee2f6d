// What a file of kernels offers: makers. A maker looks at a region and answers with a candidate, or with the reason why
// not. backend.cpp lists the makers of every anchor, best first.
#pragma once

#include <string>
#include <variant>

#include "backend/backend.h"
#include "backend/cpu/tiles/tiles.h"

namespace strata::cpu {

struct Machine {
  const Tiles* tiles;
  int threads;
  bool reproducible;
};

struct Declined { std::string reason; };
using Answer = std::variant<Candidate, Declined>;
using Maker = Answer (*)(const Region& region, const Machine& machine);

inline bool is_float32(const ArrayType& t) { return t.dtype == DType::float32; }
inline bool is_float32(const Region& region) {
  for (const ArrayType& t : region.inputs)
    if (!is_float32(t)) return false;
  for (const RegionOp& op : region.ops)
    for (const ArrayType& t : op.outputs)
      if (!is_float32(t)) return false;
  return true;
}
// Index of the first op that is not elementwise; -1 where there is none.
int anchor_of(const Region& region);
// Elements of the axes [first, last).
inline std::int64_t product(const ArrayType& t, int first, int last) {
  std::int64_t n = 1;
  for (int i = first; i < last; ++i) n *= t.dims[static_cast<std::size_t>(i)];
  return n;
}
inline std::string_view text_of(DType t) {
  constexpr std::string_view names[] = {"float32", "float64", "bfloat16", "float16", "int32", "int64", "uint8", "bool"};
  return names[static_cast<int>(t)];
}
inline Element element_of(DType t) { return static_cast<Element>(t); }
static_assert(static_cast<int>(Element::bfloat16) == static_cast<int>(DType::bfloat16) &&
              static_cast<int>(Element::boolean) == static_cast<int>(DType::boolean));

template <class T = float> const T* in(void* const* addresses, int i) { return static_cast<const T*>(addresses[i]); }
template <class T = float> T* out(void* const* addresses, int i) { return static_cast<T*>(addresses[i]); }

// The makers.
Answer pointwise_region(const Region&, const Machine&);
Answer gemm_onednn(const Region&, const Machine&);
Answer gemm_blas(const Region&, const Machine&);
Answer reduction(const Region&, const Machine&);
Answer index_of_extreme(const Region&, const Machine&);
Answer softmax(const Region&, const Machine&);
Answer softmax_gradient(const Region&, const Machine&);
Answer cross_entropy(const Region&, const Machine&);
Answer cross_entropy_gradient(const Region&, const Machine&);
Answer copy(const Region&, const Machine&);
Answer gather(const Region&, const Machine&);
Answer scatter_add(const Region&, const Machine&);
Answer broadcast(const Region&, const Machine&);
Answer transpose(const Region&, const Machine&);
Answer slice(const Region&, const Machine&);
Answer slice_gradient(const Region&, const Machine&);
Answer pad(const Region&, const Machine&);
Answer concatenate(const Region&, const Machine&);
Answer pack(const Region&, const Machine&);
Answer reverse(const Region&, const Machine&);

}  // namespace strata::cpu
