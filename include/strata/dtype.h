// Element types of tensors, under the names that Keras gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

// A string is text in UTF-8; only host tensors hold it, no device and no op does.
enum class DType : std::uint8_t { float32, float64, bfloat16, float16, int32, int64, uint8, boolean, string };

// Bytes of one element; a boolean is one byte that holds 0 or 1, a string a std::string.
constexpr std::size_t size_of(DType t) {
  switch (t) {
    case DType::float64:
    case DType::int64: return 8;
    case DType::float32:
    case DType::int32: return 4;
    case DType::bfloat16:
    case DType::float16: return 2;
    case DType::uint8:
    case DType::boolean: return 1;
    case DType::string: return sizeof(std::string);
  }
  return 0;
}

constexpr bool is_floating(DType t) {
  return t == DType::float32 || t == DType::float64 || t == DType::bfloat16 || t == DType::float16;
}
constexpr bool is_integer(DType t) { return t == DType::int32 || t == DType::int64 || t == DType::uint8; }

// "float32", ..., "bool".
std::string_view name_of(DType t);
std::optional<DType> dtype_named(std::string_view name);

// The C++ type that holds one element on the host. bfloat16 and float16 are held as their bits.
template <class T> struct DTypeOf;
template <> struct DTypeOf<float> { static constexpr DType value = DType::float32; };
template <> struct DTypeOf<double> { static constexpr DType value = DType::float64; };
template <> struct DTypeOf<std::int32_t> { static constexpr DType value = DType::int32; };
template <> struct DTypeOf<std::int64_t> { static constexpr DType value = DType::int64; };
template <> struct DTypeOf<std::uint8_t> { static constexpr DType value = DType::uint8; };
template <> struct DTypeOf<bool> { static constexpr DType value = DType::boolean; };
template <> struct DTypeOf<std::string> { static constexpr DType value = DType::string; };
template <class T> inline constexpr DType dtype_of = DTypeOf<T>::value;

// bfloat16 is the upper half of a float32; rounding is to nearest, ties to even, as every framework does it.
float bfloat16_to_float(std::uint16_t bits);
std::uint16_t float_to_bfloat16(float x);
float float16_to_float(std::uint16_t bits);
std::uint16_t float_to_float16(float x);

}  // namespace strata
