// What a file of kernels offers: makers. A maker looks at a region and answers with a candidate, or with the reason why
// not. backend.cpp lists the makers of every anchor, best first.
#pragma once

#include <optional>
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

// The addresses of an op's inputs and outputs in its own order, where the op is all of a region. Every output of such an
// op has a place.
class OwnOrder {
 public:
  explicit OwnOrder(const Region& region) {
    for (const Source& s : region.ops[0].inputs) inputs_.push_back(s.index);
    outputs_.resize(region.ops[0].outputs.size());
    for (std::size_t i = 0; i < region.outputs.size(); ++i) outputs_[static_cast<std::size_t>(region.outputs[i].index)] = static_cast<int>(i);
  }
  static bool fits(const Region& region) { return region.ops.size() == 1 && region.outputs.size() == region.ops[0].outputs.size(); }
  template <class T = float> const T* in(void* const* inputs, int i) const { return static_cast<const T*>(inputs[inputs_[static_cast<std::size_t>(i)]]); }
  template <class T = float> T* out(void* const* outputs, int i) const { return static_cast<T*>(outputs[outputs_[static_cast<std::size_t>(i)]]); }
  std::pair<int, int> in_place(int input, int output) const {
    return {inputs_[static_cast<std::size_t>(input)], outputs_[static_cast<std::size_t>(output)]};
  }

 private:
  std::vector<int> inputs_, outputs_;
};
inline Declined not_alone() { return {"it takes no epilogue"}; }

// The makers.
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
