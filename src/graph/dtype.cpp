#include <strata/dtype.h>

#include <bit>
#include <cmath>

namespace strata {
namespace {
struct Row { DType dtype; std::string_view name; };
constexpr Row rows[] = {{DType::float32, "float32"},   {DType::float64, "float64"}, {DType::bfloat16, "bfloat16"},
                        {DType::float16, "float16"},   {DType::int32, "int32"},     {DType::int64, "int64"},
                        {DType::uint8, "uint8"},       {DType::boolean, "bool"},    {DType::string, "string"}};
}  // namespace

std::string_view name_of(DType t) { return rows[static_cast<int>(t)].name; }

std::optional<DType> dtype_named(std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return row.dtype;
  return std::nullopt;
}

float bfloat16_to_float(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

std::uint16_t float_to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return static_cast<std::uint16_t>((bits >> 16) | 0x40);  // quiet, whatever the low half held
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

float float16_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000) << 16;
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  if (exponent == 0x1f)
    return std::bit_cast<float>(sign | 0x7f800000u | static_cast<std::uint32_t>(fraction) << 13);
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                        : std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
  return sign ? -magnitude : magnitude;
}

std::uint16_t float_to_float16(float x) {
  const auto sign = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16 & 0x8000);
  const float magnitude = std::fabs(x);
  if (std::isnan(x)) return sign | 0x7e00;
  if (magnitude >= 65520.0f) return sign | 0x7c00;  // rounds beyond the largest finite value, 65504
  int exponent;
  std::frexp(magnitude, &exponent);
  exponent = std::max(exponent - 1, -14);  // below 2^-14 the spacing stays 2^-24
  const auto steps = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  if (steps < 0x400) return static_cast<std::uint16_t>(sign | steps);
  return static_cast<std::uint16_t>(sign | (static_cast<std::uint32_t>(exponent + 14) * 0x400 + steps));
}

}  // namespace strata
