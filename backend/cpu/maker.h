// The makers of the CPU backend. backend.cpp lists them by their anchors, best first.
#pragma once

#include "backend/cpu/tiles/tiles.h"
#include "backend/maker.h"

namespace strata::cpu {

struct Machine {
  const Tiles* tiles;
  int threads;
  bool reproducible;
};

inline bool is_float32(const ArrayType& t) { return t.dtype == DType::float32; }
inline bool is_float32(const Region& region) {
  for (const ArrayType& t : region.inputs)
    if (!is_float32(t)) return false;
  for (const RegionOp& op : region.ops)
    for (const ArrayType& t : op.outputs)
      if (!is_float32(t)) return false;
  return true;
}
inline Element element_of(DType t) { return static_cast<Element>(t); }
static_assert(static_cast<int>(Element::bfloat16) == static_cast<int>(DType::bfloat16) &&
              static_cast<int>(Element::boolean) == static_cast<int>(DType::boolean));

template <class T = float> const T* in(void* const* addresses, int i) { return static_cast<const T*>(addresses[i]); }
template <class T = float> T* out(void* const* addresses, int i) { return static_cast<T*>(addresses[i]); }

Answer pointwise_region(const Region&, const Machine&);
Answer gemm_onednn(const Region&, const Machine&);
Answer gemm_blas(const Region&, const Machine&);
Answer convolution_onednn(const Region&, const Machine&);
Answer convolution_input_gradient_onednn(const Region&, const Machine&);
Answer convolution_kernel_gradient_onednn(const Region&, const Machine&);
Answer max_pool(const Region&, const Machine&);
Answer max_pool_gradient(const Region&, const Machine&);
Answer average_pool(const Region&, const Machine&);
Answer average_pool_gradient(const Region&, const Machine&);
Answer batch_norm(const Region&, const Machine&);
Answer batch_norm_gradient(const Region&, const Machine&);
Answer layer_norm(const Region&, const Machine&);
Answer layer_norm_gradient(const Region&, const Machine&);
Answer random(const Region&, const Machine&);
Answer dropout(const Region&, const Machine&);
Answer attention_onednn(const Region&, const Machine&);
Answer attention_gradient_onednn(const Region&, const Machine&);
Answer lstm_onednn(const Region&, const Machine&);
Answer lstm_gradient_onednn(const Region&, const Machine&);
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
Answer iota(const Region&, const Machine&);

}  // namespace strata::cpu
