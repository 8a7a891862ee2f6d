// 0, 1, ..., n-1.
#include "backend/cpu/maker.h"

namespace strata::cpu {
namespace {

template <class T>
Candidate counting(std::int64_t n) {
  return {.name = "iota", .prepare = [n] {
    return make_kernel([n](void* const*, void* const* outputs, void*) {
      for (std::int64_t i = 0; i < n; ++i) static_cast<T*>(outputs[0])[i] = static_cast<T>(i);
    });
  }};
}

}  // namespace

Answer iota(const Region& region, const Machine&) {
  if (region.ops.size() != 1) return not_alone();
  const ArrayType& y = region.type(region.outputs[0]);
  switch (y.dtype) {
    case DType::float32: return counting<float>(y.elements());
    case DType::int32: return counting<std::int32_t>(y.elements());
    case DType::int64: return counting<std::int64_t>(y.elements());
    default: return Declined{"it counts in float32, int32 and int64"};
  }
}

}  // namespace strata::cpu
