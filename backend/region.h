// Reading a region: its anchor, its types, the order of its addresses.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/backend.h"
#include "backend/functors.h"

namespace strata {

inline bool is_elementwise(std::string_view op) {
#define STRATA_NAME(name, expression) #name,
  static constexpr std::string_view names[] = {STRATA_UNARY(STRATA_NAME) STRATA_BINARY(STRATA_NAME) STRATA_COMPARISON(STRATA_NAME)
                                                   STRATA_LOGICAL_BINARY(STRATA_NAME) STRATA_TEST(STRATA_NAME) "logical_not",
                                               "select", "cast", "constant"};
#undef STRATA_NAME
  return std::find(std::begin(names), std::end(names), op) != std::end(names);
}

// Index of the first op that is not elementwise; -1 where there is none.
inline int anchor_of(const Region& region) {
  for (std::size_t i = 0; i < region.ops.size(); ++i)
    if (!is_elementwise(region.ops[i].name)) return static_cast<int>(i);
  return -1;
}
inline const RegionOp& anchor(const Region& region) { return region.ops[static_cast<std::size_t>(anchor_of(region))]; }

// Where the ops behind the anchor's epilogue begin: what it takes along.
inline int end_of_epilogue(const Region& region) {
  int end = anchor_of(region) + 1;
  while (end < static_cast<int>(region.ops.size()) && is_elementwise(region.ops[static_cast<std::size_t>(end)].name)) ++end;
  return end;
}

inline bool is_steady(const Region& region, int input) { return !region.steady.empty() && region.steady[static_cast<std::size_t>(input)]; }

// Elements of the axes [first, last).
inline std::int64_t product(const ArrayType& t, int first, int last) {
  std::int64_t n = 1;
  for (int i = first; i < last; ++i) n *= t.dims[static_cast<std::size_t>(i)];
  return n;
}
inline std::string_view text_of(DType t) {
  constexpr std::string_view names[] = {"float32", "float64", "bfloat16", "float16", "int32", "int64", "uint8", "bool", "string"};
  return names[static_cast<int>(t)];
}

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

}  // namespace strata
