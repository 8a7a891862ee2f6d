// The elementwise primitives, each written once for every backend, host and device.
//
// A row is X(name, expression of x [, y]). The functions that end in an underscore belong to the includer, which defines
// them for its scalar types before it expands a list: the reference takes them from the C library, the CPU backend from
// its own vectorisable ones, CUDA from the device's.
#pragma once

// One operand, result of the same type.
#define STRATA_UNARY(X)                                                   \
  X(negative, -x)                                                         \
  X(absolute, abs_(x))                                                    \
  X(sign, T(T(x > T(0)) - T(x < T(0))))                                   \
  X(square, x * x)                                                        \
  X(reciprocal, T(1) / x)                                                 \
  X(sqrt, sqrt_(x))                                                       \
  X(rsqrt, T(1) / sqrt_(x))                                               \
  X(exp, exp_(x))                                                         \
  X(expm1, expm1_(x))                                                     \
  X(log, log_(x))                                                         \
  X(log1p, log1p_(x))                                                     \
  X(sin, sin_(x))                                                         \
  X(cos, cos_(x))                                                         \
  X(tan, sin_(x) / cos_(x))                                               \
  X(tanh, tanh_(x))                                                       \
  X(sigmoid, T(1) / (T(1) + exp_(-x)))                                    \
  X(erf, erf_(x))                                                         \
  X(floor, floor_(x))                                                     \
  X(ceil, ceil_(x))                                                       \
  X(round, round_(x))                                                     \
  X(relu, x > T(0) ? x : (x == x ? T(0) : x))

// Two operands of one type, result of the same type. maximum and minimum pass a NaN on, as Keras' do.
#define STRATA_BINARY(X)                                                  \
  X(add, x + y)                                                           \
  X(subtract, x - y)                                                      \
  X(multiply, x * y)                                                      \
  X(divide, x / y)                                                        \
  X(power, pow_(x, y))                                                    \
  X(maximum, x > y || !(x == x) ? x : y)                                  \
  X(minimum, x < y || !(x == x) ? x : y)                                  \
  X(floor_divide, floor_divide_(x, y))                                    \
  X(mod, mod_(x, y))

// Two operands of one type, a boolean result.
#define STRATA_COMPARISON(X)                                              \
  X(equal, x == y)                                                        \
  X(not_equal, x != y)                                                    \
  X(less, x < y)                                                          \
  X(less_equal, x <= y)                                                   \
  X(greater, x > y)                                                       \
  X(greater_equal, x >= y)

// Booleans in, a boolean out.
#define STRATA_LOGICAL_BINARY(X)                                          \
  X(logical_and, x & y)                                                   \
  X(logical_or, x | y)

// One floating operand, a boolean result.
#define STRATA_TEST(X)                                                    \
  X(is_finite, x - x == T(0))                                             \
  X(is_nan, !(x == x))
