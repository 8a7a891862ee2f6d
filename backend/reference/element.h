// The element types as C++ types, and the way from a DType to one of them.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <strata/dtype.h>

namespace strata::reference {

struct BFloat16 {
  std::uint16_t bits;
};
struct Float16 {
  std::uint16_t bits;
};

// What arithmetic sees of a stored element.
template <class S>
S load(S x) { return x; }
inline float load(BFloat16 x) { return bfloat16_to_float(x.bits); }
inline float load(Float16 x) { return float16_to_float(x.bits); }
template <class S>
using Value = decltype(load(S{}));

// Sums: float64 for floats, 64 bits for integers (unsigned, so that they wrap).
template <class S>
using Sum = std::conditional_t<std::is_floating_point_v<Value<S>>, double, std::uint64_t>;

// To a stored element. From a float to an integer: towards zero, NaN gives 0, what does not fit gives the nearest end.
// Between integers: modulo 2^bits. To a boolean: whether it is not 0.
template <class S, class V>
S store(V v) {
  if constexpr (std::is_same_v<S, BFloat16>) return {float_to_bfloat16(static_cast<float>(v))};
  else if constexpr (std::is_same_v<S, Float16>) return {float_to_float16(static_cast<float>(v))};
  else if constexpr (std::is_same_v<S, bool>) return v != V(0);
  else if constexpr (std::is_integral_v<S> && std::is_floating_point_v<V>) {
    using Limits = std::numeric_limits<S>;
    if (!(v == v)) return 0;
    if (v <= static_cast<V>(Limits::min())) return Limits::min();
    if (v >= static_cast<V>(Limits::max())) return Limits::max();
    return static_cast<S>(v);
  } else return static_cast<S>(v);
}

template <class S>
struct Type {};

// f(Type<S>{}) for the S that stores `dtype`.
template <class F>
auto with_element(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float64: return f(Type<double>{});
    case DType::bfloat16: return f(Type<BFloat16>{});
    case DType::float16: return f(Type<Float16>{});
    case DType::int32: return f(Type<std::int32_t>{});
    case DType::int64: return f(Type<std::int64_t>{});
    case DType::uint8: return f(Type<std::uint8_t>{});
    case DType::boolean: return f(Type<bool>{});
    case DType::string:  // on no device
    case DType::float32: break;
  }
  return f(Type<float>{});
}

// f(Type<U>{}) for the unsigned integer of `bytes` bytes: elements that are moved, not computed with.
template <class F>
auto with_bytes(std::size_t bytes, F&& f) {
  switch (bytes) {
    case 1: return f(Type<std::uint8_t>{});
    case 2: return f(Type<std::uint16_t>{});
    case 4: return f(Type<std::uint32_t>{});
    default: return f(Type<std::uint64_t>{});
  }
}

}  // namespace strata::reference
