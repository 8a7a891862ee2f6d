// The rows of backend/functors.h with the functions of the C library; select, cast, logical_not; constants.
#include <cmath>

#include "backend/functors.h"
#include "backend/reference/element.h"
#include "backend/reference/kernels.h"
#include "backend/reference/walk.h"

// A list's `x == x` asks for NaN and is always true of an integer.
#pragma GCC diagnostic ignored "-Wtautological-compare"

namespace strata::reference {
namespace {

template <class T>
T abs_(T x) {
  if constexpr (std::is_unsigned_v<T>) return x;
  else return static_cast<T>(std::abs(x));
}
#define STRATA_LIBRARY(name, function) \
  template <class T>                   \
  T name(T x) { return function(x); }
STRATA_LIBRARY(sqrt_, std::sqrt)
STRATA_LIBRARY(exp_, std::exp)
STRATA_LIBRARY(expm1_, std::expm1)
STRATA_LIBRARY(log_, std::log)
STRATA_LIBRARY(log1p_, std::log1p)
STRATA_LIBRARY(sin_, std::sin)
STRATA_LIBRARY(cos_, std::cos)
STRATA_LIBRARY(tanh_, std::tanh)
STRATA_LIBRARY(erf_, std::erf)
STRATA_LIBRARY(floor_, std::floor)
STRATA_LIBRARY(ceil_, std::ceil)
STRATA_LIBRARY(round_, std::nearbyint)  // ties to even, in the default rounding mode
#undef STRATA_LIBRARY

// Integers: by squaring, modulo 2^bits. A negative exponent gives 1/x^|y| rounded towards zero (0 for x = 0).
template <class T>
T pow_(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) return std::pow(x, y);
  else {
    if (y < T(0)) return x == T(1) ? T(1) : T(x + 1) == T(0) ? (y % 2 != 0 ? x : T(1)) : T(0);
    std::uint64_t result = 1, base = static_cast<std::uint64_t>(x);
    for (auto n = static_cast<std::uint64_t>(y); n > 0; n >>= 1, base *= base)
      if (n & 1) result *= base;
    return static_cast<T>(result);
  }
}

// x - y * floor(x / y), the sign of the divisor. Integers: 0 where the divisor is 0, as NumPy has it.
template <class T>
T mod_(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    const T r = std::fmod(x, y);
    if (r == T(0)) return std::copysign(T(0), y);
    return (r < T(0)) != (y < T(0)) ? r + y : r;
  } else {
    if (y == T(0) || (std::is_signed_v<T> && y == T(-1))) return 0;  // the lowest number / -1 does not fit
    const T r = static_cast<T>(x % y);
    return r != T(0) && (r < T(0)) != (y < T(0)) ? static_cast<T>(r + y) : r;
  }
}
template <class T>
T floor_divide_(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    if (y == T(0)) return x / y;
    return std::round((x - mod_(x, y)) / y);  // the quotient of multiples, exact but for its rounding
  } else {
    if (y == T(0)) return 0;
    if (std::is_signed_v<T> && y == T(-1)) return static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(x));
    const T q = static_cast<T>(x / y);
    return x % y != T(0) && (x < T(0)) != (y < T(0)) ? static_cast<T>(q - 1) : q;
  }
}

template <class T>
struct Functors {
#define STRATA_ROW(name, expression) \
  static T name(T x) { return static_cast<T>(expression); }
  STRATA_UNARY(STRATA_ROW)
#undef STRATA_ROW
#define STRATA_ROW(name, expression) \
  static T name(T x, T y) { return static_cast<T>(expression); }
  STRATA_BINARY(STRATA_ROW)
  STRATA_LOGICAL_BINARY(STRATA_ROW)
#undef STRATA_ROW
#define STRATA_ROW(name, expression) \
  static bool name(T x, T y) { return expression; }
  STRATA_COMPARISON(STRATA_ROW)
#undef STRATA_ROW
#define STRATA_ROW(name, expression) \
  static bool name(T x) { return expression; }
  STRATA_TEST(STRATA_ROW)
#undef STRATA_ROW
};

constexpr bool any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  for (const std::string_view n : names)
    if (n == name) return true;
  return false;
}

// The rest of the arithmetic has no integer result.
constexpr bool takes_integers(std::string_view name) {
  return any_of(name, {"negative", "absolute", "sign", "square", "relu", "add", "subtract", "multiply", "power", "maximum",
                       "minimum", "floor_divide", "mod"});
}

template <class T>
constexpr bool takes(std::string_view name) {
  return std::is_floating_point_v<T> || (takes_integers(name) && !std::is_same_v<T, bool>);
}

// The function of a name, for operands of type T; null where there is none.
template <class T>
T (*unary_function(std::string_view op))(T) {
#define STRATA_ROW(name, expression) \
  if constexpr (takes<T>(#name))     \
    if (op == #name) return &Functors<T>::name;
  STRATA_UNARY(STRATA_ROW)
#undef STRATA_ROW
  return nullptr;
}
template <class T>
T (*binary_function(std::string_view op))(T, T) {
#define STRATA_ROW(name, expression) \
  if constexpr (takes<T>(#name))     \
    if (op == #name) return &Functors<T>::name;
  STRATA_BINARY(STRATA_ROW)
#undef STRATA_ROW
#define STRATA_ROW(name, expression)       \
  if constexpr (std::is_same_v<T, bool>)   \
    if (op == #name) return &Functors<T>::name;
  STRATA_LOGICAL_BINARY(STRATA_ROW)
#undef STRATA_ROW
  return nullptr;
}
template <class T>
bool (*comparison_function(std::string_view op))(T, T) {
#define STRATA_ROW(name, expression) \
  if (op == #name) return &Functors<T>::name;
  STRATA_COMPARISON(STRATA_ROW)
#undef STRATA_ROW
  return nullptr;
}
template <class T>
bool (*test_function(std::string_view op))(T) {
#define STRATA_ROW(name, expression)              \
  if constexpr (std::is_floating_point_v<T>)      \
    if (op == #name) return &Functors<T>::name;
  STRATA_TEST(STRATA_ROW)
#undef STRATA_ROW
  return nullptr;
}

// y[i] = f(x[i]).
template <class S, class R>
Definition one_operand(const Operation& op, R (*f)(Value<S>)) {
  const std::int64_t n = op.output.elements();
  using To = std::conditional_t<std::is_same_v<R, Value<S>>, S, R>;
  return {[f, n](const Arguments& a) {
    const S* x = a.in<S>();
    To* y = a.out<To>();
    for (std::int64_t i = 0; i < n; ++i) y[i] = store<To>(f(load(x[i])));
  }};
}

// c[i] = f(a[i], b[i]), operands broadcast.
template <class S, class R>
Definition two_operands(const Operation& op, R (*f)(Value<S>, Value<S>)) {
  const std::size_t rank = op.output.dims.size();
  using To = std::conditional_t<std::is_same_v<R, Value<S>>, S, R>;
  const Walk<2> walk{op.output.dims, {broadcast_strides(op.inputs[0].dims, rank), broadcast_strides(op.inputs[1].dims, rank)}};
  return {[f, walk](const Arguments& a) {
    const S *x = a.in<S>(0), *y = a.in<S>(1);
    To* z = a.out<To>();
    walk.each([&](const auto& at) { *z++ = store<To>(f(load(x[at[0]]), load(y[at[1]]))); });
  }};
}

Definition functor(const Operation& op) {
  return with_element(op.inputs[0].dtype, [&]<class S>(Type<S>) -> Definition {
    using T = Value<S>;
    if (op.inputs.size() == 1) {
      if (const auto f = unary_function<T>(op.name)) return one_operand<S>(op, f);
      if (const auto f = test_function<T>(op.name)) return one_operand<S>(op, f);
    } else if (op.inputs.size() == 2) {
      if (const auto f = binary_function<T>(op.name)) return two_operands<S>(op, f);
      if (const auto f = comparison_function<T>(op.name)) return two_operands<S>(op, f);
    }
    return {};
  });
}

Definition cast(const Operation& op) {
  const std::int64_t n = op.output.elements();
  return with_element(op.inputs[0].dtype, [&]<class From>(Type<From>) {
    return with_element(op.output.dtype, [&]<class To>(Type<To>) -> Definition {
      return {[n](const Arguments& a) {
        const From* x = a.in<From>();
        To* y = a.out<To>();
        for (std::int64_t i = 0; i < n; ++i) y[i] = store<To>(load(x[i]));
      }};
    });
  });
}

Definition select(const Operation& op) {
  const std::size_t rank = op.output.dims.size();
  Walk<3> walk{op.output.dims, {}};
  for (std::size_t i = 0; i < 3; ++i) walk.strides[i] = broadcast_strides(op.inputs[i].dims, rank);
  return with_bytes(size_of(op.output.dtype), [&]<class U>(Type<U>) -> Definition {
    return {[walk](const Arguments& a) {
      const auto* condition = a.in<std::uint8_t>(0);
      const U *x = a.in<U>(1), *y = a.in<U>(2);
      U* z = a.out<U>();
      walk.each([&](const auto& at) { *z++ = condition[at[0]] ? x[at[1]] : y[at[2]]; });
    }};
  });
}

Definition logical_not(const Operation& op) {
  if (op.inputs[0].dtype != DType::boolean) return refuse_dtype(op, op.inputs[0].dtype);
  const std::int64_t n = op.output.elements();
  return {[n](const Arguments& a) {
    for (std::int64_t i = 0; i < n; ++i) a.out<bool>()[i] = !a.in<bool>()[i];
  }};
}

Definition constant(const Operation& op) {
  const double value = op.attributes.number("value");
  const std::int64_t n = op.output.elements();
  return with_element(op.output.dtype, [&]<class S>(Type<S>) -> Definition {
    return {[value, n](const Arguments& a) { std::fill_n(a.out<S>(), n, store<S>(value)); }};
  });
}

constexpr bool is_functor(std::string_view op) {
#define STRATA_ROW(name, expression) \
  if (op == #name) return true;
  STRATA_UNARY(STRATA_ROW) STRATA_BINARY(STRATA_ROW) STRATA_COMPARISON(STRATA_ROW)
  STRATA_LOGICAL_BINARY(STRATA_ROW) STRATA_TEST(STRATA_ROW)
#undef STRATA_ROW
  return false;
}

}  // namespace

Definition elementwise(const Operation& op) {
  if (op.name == "constant") return constant(op);
  if (op.name == "cast") return cast(op);
  if (op.name == "select") return select(op);
  if (op.name == "logical_not") return logical_not(op);
  if (!is_functor(op.name)) return {};
  Definition d = functor(op);
  return d.run ? d : refuse_dtype(op, op.inputs[0].dtype);
}

}  // namespace strata::reference
