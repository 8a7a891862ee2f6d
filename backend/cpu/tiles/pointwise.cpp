// One vectorised loop per elementwise op, operand type and choice of scalar operands.
#include "backend/cpu/tiles/loops.h"

#include "backend/cpu/tiles/math.h"
#include "backend/functors.h"

namespace strata::cpu::STRATA_ISA {
namespace {

template <class T> inline constexpr bool is_float = T(0.5) != T(0);

// The remainder has the sign of the divisor. Integers by 0 give 0.
STRATA_INLINE float mod_(float x, float y) {
  const float r = __builtin_fmodf(x, y);
  return r == 0.0f ? __builtin_copysignf(0.0f, y) : ((r < 0.0f) != (y < 0.0f) ? r + y : r);
}
STRATA_INLINE double mod_(double x, double y) {
  const double r = __builtin_fmod(x, y);
  return r == 0.0 ? __builtin_copysign(0.0, y) : ((r < 0.0) != (y < 0.0) ? r + y : r);
}
template <class T> STRATA_INLINE T mod_(T x, T y) {
  if (y == 0) return 0;
  if constexpr (T(-1) < T(0)) if (y == T(-1)) return 0;  // the smallest number has no quotient by -1
  const T r = T(x % y);
  return r != 0 && (r < 0) != (y < 0) ? T(r + y) : r;
}
STRATA_INLINE float floor_divide_(float x, float y) { return y == 0.0f ? x / y : __builtin_roundf((x - mod_(x, y)) / y); }
STRATA_INLINE double floor_divide_(double x, double y) { return y == 0.0 ? x / y : __builtin_round((x - mod_(x, y)) / y); }
template <class T> STRATA_INLINE T floor_divide_(T x, T y) {
  if (y == 0) return 0;
  if constexpr (T(-1) < T(0)) if (y == T(-1)) return T(std::uint64_t(0) - std::uint64_t(x));
  const T q = T(x / y);
  return x % y != 0 && (x < 0) != (y < 0) ? T(q - 1) : q;
}

#define STRATA_FUNCTOR_1(op, expression)                                                \
  struct op##_functor {                                                                 \
    template <class T> STRATA_INLINE static auto apply(T x) -> decltype(T(expression)) { return T(expression); } \
  };
#define STRATA_FUNCTOR_2(op, expression)                                                \
  struct op##_functor {                                                                 \
    template <class T> STRATA_INLINE static auto apply(T x, [[maybe_unused]] T y) -> decltype(T(expression)) { return T(expression); } \
  };
#define STRATA_FUNCTOR_TEST(op, expression)                                             \
  struct op##_functor {                                                                 \
    template <class T> STRATA_INLINE static bool apply(T x) { return expression; }      \
  };
#define STRATA_FUNCTOR_COMPARE(op, expression)                                          \
  struct op##_functor {                                                                 \
    template <class T> STRATA_INLINE static bool apply(T x, T y) { return expression; } \
  };
STRATA_UNARY(STRATA_FUNCTOR_1)
STRATA_BINARY(STRATA_FUNCTOR_2)
STRATA_TEST(STRATA_FUNCTOR_TEST)
STRATA_COMPARISON(STRATA_FUNCTOR_COMPARE)
STRATA_LOGICAL_BINARY(STRATA_FUNCTOR_COMPARE)

// A boolean is a byte in memory.
template <class F, class T, class R>
void unary(std::int64_t n, void* out, const void* a, const void*, const void*) {
  const T* x = static_cast<const T*>(a);
  R* y = static_cast<R*>(out);
STRATA_NO_ALIAS
  for (std::int64_t i = 0; i < n; ++i) y[i] = R(F::apply(x[i]));
}

template <class F, class T, class R, bool scalar_a, bool scalar_b>
void binary(std::int64_t n, void* out, const void* a, const void* b, const void*) {
  const T *x = static_cast<const T*>(a), *z = static_cast<const T*>(b);
  R* y = static_cast<R*>(out);
  const T x0 = *x, z0 = *z;
STRATA_NO_ALIAS
  for (std::int64_t i = 0; i < n; ++i) y[i] = R(F::apply(scalar_a ? x0 : x[i], scalar_b ? z0 : z[i]));
}

template <class T, bool scalar_c, bool scalar_a, bool scalar_b>
void choice(std::int64_t n, void* out, const void* c, const void* a, const void* b) {
  const std::uint8_t* condition = static_cast<const std::uint8_t*>(c);
  const T *x = static_cast<const T*>(a), *z = static_cast<const T*>(b);
  T* y = static_cast<T*>(out);
  const T x0 = *x, z0 = *z;
  const std::uint8_t c0 = *condition;
STRATA_NO_ALIAS
  for (std::int64_t i = 0; i < n; ++i) {
    const T p = scalar_a ? x0 : x[i], q = scalar_b ? z0 : z[i];
    y[i] = (scalar_c ? c0 : condition[i]) != 0 ? p : q;
  }
}

struct Bfloat16 { std::uint16_t bits; };
struct Boolean { std::uint8_t byte; };

STRATA_INLINE float widened(Bfloat16 x) { return from_bits(static_cast<std::int32_t>(static_cast<std::uint32_t>(x.bits) << 16)); }
STRATA_INLINE Bfloat16 narrowed(float x) {  // to nearest, ties to even; a NaN stays one
  const std::uint32_t b = static_cast<std::uint32_t>(bits(x));
  const std::uint32_t rounded = (b + 0x7FFFu + ((b >> 16) & 1u)) >> 16;
  return {static_cast<std::uint16_t>(x == x ? rounded : (b >> 16) | 0x40u)};
}

// Towards zero; NaN gives 0, what does not fit the nearest end.
template <class R, class T>
STRATA_INLINE R saturated(T x) {
  constexpr R low = R(-1) < R(0) ? R(R(1) << (8 * sizeof(R) - 1)) : R(0);
  constexpr R high = R(~low);
  const T inside = x > T(low) && x < T(high) ? x : T(0);
  const R r = sizeof(R) == 8 ? R(inside) : R(std::int32_t(inside));
  return x >= T(high) ? high : (x <= T(low) ? low : r);
}

template <class T, class R>
void cast(std::int64_t n, void* out, const void* a, const void*, const void*) {
  const T* x = static_cast<const T*>(a);
  R* y = static_cast<R*>(out);
STRATA_NO_ALIAS
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (__is_same(T, R)) y[i] = x[i];
    else if constexpr (__is_same(T, Bfloat16)) y[i] = R(widened(x[i]));
    else if constexpr (__is_same(R, Bfloat16)) y[i] = narrowed(float(x[i]));
    else if constexpr (__is_same(T, Boolean)) y[i] = R(x[i].byte);
    else if constexpr (__is_same(R, Boolean)) y[i] = {std::uint8_t(x[i] != T(0))};
    else if constexpr (is_float<T> && !is_float<R>) y[i] = saturated<R>(x[i]);
    else y[i] = R(x[i]);
  }
}

template <class T>
TileLoop cast_from(Element to) {
  switch (to) {
    case Element::float32: return cast<T, float>;
    case Element::float64: if constexpr (!__is_same(T, Bfloat16)) return cast<T, double>; else return nullptr;
    case Element::bfloat16: if constexpr (__is_same(T, float)) return cast<T, Bfloat16>; else return nullptr;
    case Element::int32: if constexpr (!__is_same(T, Bfloat16)) return cast<T, std::int32_t>; else return nullptr;
    case Element::int64: if constexpr (!__is_same(T, Bfloat16)) return cast<T, std::int64_t>; else return nullptr;
    case Element::uint8: if constexpr (!__is_same(T, Bfloat16)) return cast<T, std::uint8_t>; else return nullptr;
    case Element::boolean: if constexpr (!__is_same(T, Bfloat16) && !__is_same(T, Boolean)) return cast<T, Boolean>; else return nullptr;
    default: return nullptr;
  }
}
TileLoop cast_loop(Element from, Element to) {
  switch (from) {
    case Element::float32: return cast_from<float>(to);
    case Element::float64: return cast_from<double>(to);
    case Element::bfloat16: return cast_from<Bfloat16>(to);
    case Element::int32: return cast_from<std::int32_t>(to);
    case Element::int64: return cast_from<std::int64_t>(to);
    case Element::uint8: return cast_from<std::uint8_t>(to);
    case Element::boolean: return cast_from<Boolean>(to);
    default: return nullptr;
  }
}

template <class T>
TileLoop choice_loop(unsigned scalars) {
  static constexpr TileLoop loops[] = {choice<T, false, false, false>, choice<T, true, false, false>, choice<T, false, true, false>,
                                       choice<T, true, true, false>,   choice<T, false, false, true>, choice<T, true, false, true>,
                                       choice<T, false, true, true>,   choice<T, true, true, true>};
  return loops[scalars];
}

template <class F, class T, class R>
TileLoop binary_loop(unsigned scalars) {
  static constexpr TileLoop loops[] = {binary<F, T, R, false, false>, binary<F, T, R, true, false>, binary<F, T, R, false, true>,
                                       binary<F, T, R, true, true>};
  return loops[scalars];
}

bool same(const char* a, const char* b) { return __builtin_strcmp(a, b) == 0; }

// Functions of floats have no meaning for integers, and their quotient is a float.
template <class F, class T> concept takes_one = requires(T x) { F::apply(x); } && (is_float<T> || !__is_same(F, reciprocal_functor));
template <class F, class T> concept takes_two = requires(T x) { F::apply(x, x); } && (is_float<T> || !__is_same(F, divide_functor));

template <class T>
TileLoop arithmetic(const char* op, unsigned scalars) {
#define STRATA_ROW_1(name, expression) \
  if constexpr (takes_one<name##_functor, T>) if (same(op, #name)) return unary<name##_functor, T, T>;
#define STRATA_ROW_2(name, expression) \
  if constexpr (takes_two<name##_functor, T>) if (same(op, #name)) return binary_loop<name##_functor, T, T>(scalars);
#define STRATA_ROW_TEST(name, expression) \
  if constexpr (is_float<T>) if (same(op, #name)) return unary<name##_functor, T, std::uint8_t>;
#define STRATA_ROW_COMPARE(name, expression) \
  if (same(op, #name)) return binary_loop<name##_functor, T, std::uint8_t>(scalars);
  STRATA_UNARY(STRATA_ROW_1)
  STRATA_BINARY(STRATA_ROW_2)
  STRATA_TEST(STRATA_ROW_TEST)
  STRATA_COMPARISON(STRATA_ROW_COMPARE)
  return nullptr;
}

struct logical_not_functor {
  STRATA_INLINE static std::uint8_t apply(std::uint8_t x) { return static_cast<std::uint8_t>(x ^ 1); }
};

TileLoop logical(const char* op, unsigned scalars) {
#define STRATA_ROW_LOGICAL(name, expression) \
  if (same(op, #name)) return binary_loop<name##_functor, std::uint8_t, std::uint8_t>(scalars);
  STRATA_LOGICAL_BINARY(STRATA_ROW_LOGICAL)
  if (same(op, "equal")) return binary_loop<equal_functor, std::uint8_t, std::uint8_t>(scalars);
  if (same(op, "not_equal")) return binary_loop<not_equal_functor, std::uint8_t, std::uint8_t>(scalars);
  if (same(op, "logical_not")) return unary<logical_not_functor, std::uint8_t, std::uint8_t>;
  return nullptr;
}

}  // namespace

TileLoop pointwise_loop(const char* op, Element from, Element to, unsigned scalars) {
  if (same(op, "cast")) return cast_loop(from, to);
  if (same(op, "select")) switch (from) {
      case Element::float32: return choice_loop<float>(scalars);
      case Element::float64: return choice_loop<double>(scalars);
      case Element::int32: return choice_loop<std::int32_t>(scalars);
      case Element::int64: return choice_loop<std::int64_t>(scalars);
      case Element::boolean:
      case Element::uint8: return choice_loop<std::uint8_t>(scalars);
      default: return nullptr;
    }
  switch (from) {
    case Element::float32: return arithmetic<float>(op, scalars);
    case Element::float64: return arithmetic<double>(op, scalars);
    case Element::int32: return arithmetic<std::int32_t>(op, scalars);
    case Element::int64: return arithmetic<std::int64_t>(op, scalars);
    case Element::uint8: return arithmetic<std::uint8_t>(op, scalars);
    case Element::boolean: return logical(op, scalars);
    default: return nullptr;
  }
}

}  // namespace strata::cpu::STRATA_ISA
