// One row per functor of backend/functors.h, and cast and select.
//
// Gradients at kinks: relu' and abs' are 0 at 0; maximum and minimum give a tie to the first operand; floor, ceil, round
// and sign have none.
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <strata/error.h>
#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;

std::vector<TensorType> same(Types in, const Attributes&) { return {in[0]}; }
std::vector<TensorType> test(Types in, const Attributes&) { return {{DType::boolean, in[0].shape}}; }

void check_equal_dtypes(Types in) {
  if (in[0].dtype != in[1].dtype)
    shape_error("elementwise", fmt::format("operands of different dtypes, {} and {}", name_of(in[0].dtype), name_of(in[1].dtype)));
}
std::vector<TensorType> binary(Types in, const Attributes&) {
  check_equal_dtypes(in);
  return {{in[0].dtype, broadcast(in[0].shape, in[1].shape, "broadcasting")}};
}
std::vector<TensorType> comparison(Types in, const Attributes&) {
  check_equal_dtypes(in);
  return {{DType::boolean, broadcast(in[0].shape, in[1].shape, "broadcasting")}};
}
std::vector<TensorType> chosen(Types in, const Attributes&) {
  check_equal_dtypes(in.subspan(1));
  return {{in[1].dtype, broadcast(in[0].shape, broadcast(in[1].shape, in[2].shape, "select"), "select")}};
}
std::vector<TensorType> converted(Types in, const Attributes& a) {
  if (a.dtype("dtype") == DType::string) shape_error("cast", "no device holds texts");
  return {{a.dtype("dtype"), in[0].shape}};
}

using G = GradientContext;

const double two_over_sqrt_pi = 2 / std::sqrt(std::numbers::pi);

const Op rows[] = {
    {.name = "negative", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, -g.dy()); }},
    {.name = "absolute", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() * sign(g.x())); }},
    {.name = "sign", .kind = OpKind::elementwise, .infer = same, .differentiable = false},
    {.name = "square", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() * (2 * g.x())); }},
    {.name = "reciprocal", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, -(g.dy() * square(g.y()))); }},
    {.name = "sqrt", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() * (0.5 / g.y())); }},
    {.name = "rsqrt", .kind = OpKind::elementwise, .infer = same,
     .gradient = [](G& g) { g.set(0, g.dy() * (-0.5 * (g.y() / g.x()))); }},
    {.name = "exp", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() * g.y()); }},
    {.name = "expm1", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() * (g.y() + 1)); }},
    {.name = "log", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() / g.x()); }},
    {.name = "log1p", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() / (g.x() + 1)); }},
    {.name = "sin", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() * cos(g.x())); }},
    {.name = "cos", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, -(g.dy() * sin(g.x()))); }},
    {.name = "tan", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() * (square(g.y()) + 1)); }},
    {.name = "tanh", .kind = OpKind::elementwise, .infer = same, .gradient = [](G& g) { g.set(0, g.dy() * (1 - square(g.y()))); }},
    {.name = "sigmoid", .kind = OpKind::elementwise, .infer = same,
     .gradient = [](G& g) { g.set(0, g.dy() * (g.y() * (1 - g.y()))); }},
    {.name = "erf", .kind = OpKind::elementwise, .infer = same,
     .gradient = [](G& g) { g.set(0, g.dy() * (two_over_sqrt_pi * exp(-square(g.x())))); }},
    {.name = "floor", .kind = OpKind::elementwise, .infer = same, .differentiable = false},
    {.name = "ceil", .kind = OpKind::elementwise, .infer = same, .differentiable = false},
    {.name = "round", .kind = OpKind::elementwise, .infer = same, .differentiable = false},
    {.name = "relu", .kind = OpKind::elementwise, .infer = same,
     .gradient = [](G& g) { g.set(0, select(g.y() > 0, g.dy(), 0)); }},
    {.name = "is_finite", .kind = OpKind::elementwise, .infer = test, .differentiable = false},
    {.name = "is_nan", .kind = OpKind::elementwise, .infer = test, .differentiable = false},
    {.name = "logical_not", .kind = OpKind::elementwise, .infer = same, .differentiable = false},

    {.name = "add", .kind = OpKind::elementwise, .infer = binary,
     .gradient = [](G& g) { g.set(0, g.dy()); g.set(1, g.dy()); }},
    {.name = "subtract", .kind = OpKind::elementwise, .infer = binary,
     .gradient = [](G& g) { g.set(0, g.dy()); if (g.wants(1)) g.set(1, -g.dy()); }},
    {.name = "multiply", .kind = OpKind::elementwise, .infer = binary,
     .gradient = [](G& g) {
       if (g.wants(0)) g.set(0, g.dy() * g.x(1));
       if (g.wants(1)) g.set(1, g.dy() * g.x(0));
     }},
    {.name = "divide", .kind = OpKind::elementwise, .infer = binary,
     .gradient = [](G& g) {
       if (g.wants(0)) g.set(0, g.dy() / g.x(1));
       if (g.wants(1)) g.set(1, -(g.dy() * (g.y() / g.x(1))));
     }},
    {.name = "power", .kind = OpKind::elementwise, .infer = binary,
     .gradient = [](G& g) {
       if (g.wants(0)) g.set(0, g.dy() * (g.x(1) * power(g.x(0), g.x(1) - 1)));
       // x^y log x, taken as 0 at x <= 0, where the logarithm does not exist.
       if (g.wants(1)) {
         const Value positive = g.x(0) > 0;
         g.set(1, g.dy() * select(positive, g.y() * log(select(positive, g.x(0), 1)), 0));
       }
     }},
    {.name = "maximum", .kind = OpKind::elementwise, .infer = binary,
     .gradient = [](G& g) {
       const Value first = g.x(0) >= g.x(1);
       if (g.wants(0)) g.set(0, select(first, g.dy(), 0));
       if (g.wants(1)) g.set(1, select(first, 0, g.dy()));
     }},
    {.name = "minimum", .kind = OpKind::elementwise, .infer = binary,
     .gradient = [](G& g) {
       const Value first = g.x(0) <= g.x(1);
       if (g.wants(0)) g.set(0, select(first, g.dy(), 0));
       if (g.wants(1)) g.set(1, select(first, 0, g.dy()));
     }},
    {.name = "floor_divide", .kind = OpKind::elementwise, .infer = binary, .differentiable = false},
    {.name = "mod", .kind = OpKind::elementwise, .infer = binary,
     .gradient = [](G& g) {
       g.set(0, g.dy());
       if (g.wants(1)) g.set(1, -(g.dy() * floor(g.x(0) / g.x(1))));
     }},
    {.name = "equal", .kind = OpKind::elementwise, .infer = comparison, .differentiable = false},
    {.name = "not_equal", .kind = OpKind::elementwise, .infer = comparison, .differentiable = false},
    {.name = "less", .kind = OpKind::elementwise, .infer = comparison, .differentiable = false},
    {.name = "less_equal", .kind = OpKind::elementwise, .infer = comparison, .differentiable = false},
    {.name = "greater", .kind = OpKind::elementwise, .infer = comparison, .differentiable = false},
    {.name = "greater_equal", .kind = OpKind::elementwise, .infer = comparison, .differentiable = false},
    {.name = "logical_and", .kind = OpKind::elementwise, .infer = comparison, .differentiable = false},
    {.name = "logical_or", .kind = OpKind::elementwise, .infer = comparison, .differentiable = false},

    {.name = "select", .kind = OpKind::elementwise, .infer = chosen,
     .gradient = [](G& g) {
       if (g.wants(1)) g.set(1, select(g.x(0), g.dy(), 0));
       if (g.wants(2)) g.set(2, select(g.x(0), 0, g.dy()));
     }},
    {.name = "cast", .kind = OpKind::elementwise, .infer = converted,
     .gradient = [](G& g) { if (is_floating(g.x().dtype())) g.set(0, cast(g.dy(), g.x().dtype())); }},
};

int promotion_rank(DType t) {
  switch (t) {
    case DType::boolean: return 0;
    case DType::uint8: return 1;
    case DType::int32: return 2;
    case DType::int64: return 3;
    case DType::float16: return 4;
    case DType::bfloat16: return 4;
    case DType::float32: return 5;
    case DType::float64: return 6;
    case DType::string: break;  // no op takes one: Graph::add
  }
  return 0;
}

DType promoted(DType a, DType b) {
  if (a != b && promotion_rank(a) == promotion_rank(b)) return DType::float32;
  return promotion_rank(a) >= promotion_rank(b) ? a : b;
}

// Both operands as values of one dtype. A number takes the other's dtype, float32 where it has a fraction and the other
// is an integer.
std::pair<Value, Value> together(const Operand& a, const Operand& b) {
  if (a.is_number() && b.is_number()) throw Error(ErrorKind::runtime, "an operation on two numbers has no graph to live in");
  const auto dtype_beside = [](const Operand& value, double number) {
    const DType t = value.value().dtype();
    const bool fraction = number != std::floor(number) || !std::isfinite(number);
    return is_floating(t) || (!fraction && t != DType::boolean) ? t : fraction ? DType::float32 : DType::int32;
  };
  if (b.is_number()) {
    const DType t = dtype_beside(a, b.number());
    return {cast(a.value(), t), a.value().graph().constant(t, b.number())};
  }
  if (a.is_number()) {
    const DType t = dtype_beside(b, a.number());
    return {b.value().graph().constant(t, a.number()), cast(b.value(), t)};
  }
  const DType t = promoted(a.value().dtype(), b.value().dtype());
  return {cast(a.value(), t), cast(b.value(), t)};
}

Value binary_op(std::string_view op, const Operand& a, const Operand& b) {
  const auto [x, y] = together(a, b);
  return emit(op, {x, y});
}

// Functions that only floats have: integers and booleans become float32.
Value floating(Value x) { return is_floating(x.dtype()) ? x : cast(x, DType::float32); }

}  // namespace

std::span<const Op> elementwise_ops() { return rows; }

Value negative(Value x) { return emit("negative", {x}); }
Value absolute(Value x) { return emit("absolute", {x}); }
Value sign(Value x) { return emit("sign", {x}); }
Value square(Value x) { return emit("square", {x}); }
Value reciprocal(Value x) { return emit("reciprocal", {floating(x)}); }
Value sqrt(Value x) { return emit("sqrt", {floating(x)}); }
Value rsqrt(Value x) { return emit("rsqrt", {floating(x)}); }
Value exp(Value x) { return emit("exp", {floating(x)}); }
Value expm1(Value x) { return emit("expm1", {floating(x)}); }
Value log(Value x) { return emit("log", {floating(x)}); }
Value log1p(Value x) { return emit("log1p", {floating(x)}); }
Value sin(Value x) { return emit("sin", {floating(x)}); }
Value cos(Value x) { return emit("cos", {floating(x)}); }
Value tan(Value x) { return emit("tan", {floating(x)}); }
Value tanh(Value x) { return emit("tanh", {floating(x)}); }
Value sigmoid(Value x) { return emit("sigmoid", {floating(x)}); }
Value erf(Value x) { return emit("erf", {floating(x)}); }
Value floor(Value x) { return is_floating(x.dtype()) ? emit("floor", {x}) : x; }
Value ceil(Value x) { return is_floating(x.dtype()) ? emit("ceil", {x}) : x; }
Value round(Value x) { return is_floating(x.dtype()) ? emit("round", {x}) : x; }
Value relu(Value x) { return emit("relu", {x}); }
Value is_finite(Value x) { return emit("is_finite", {floating(x)}); }
Value is_nan(Value x) { return emit("is_nan", {floating(x)}); }
Value logical_not(Value x) { return emit("logical_not", {cast(x, DType::boolean)}); }

Value add(Operand a, Operand b) { return binary_op("add", a, b); }
Value subtract(Operand a, Operand b) { return binary_op("subtract", a, b); }
Value multiply(Operand a, Operand b) { return binary_op("multiply", a, b); }
Value divide(Operand a, Operand b) {
  auto [x, y] = together(a, b);
  return emit("divide", {floating(x), floating(y)});
}
Value power(Operand a, Operand b) { return binary_op("power", a, b); }
Value maximum(Operand a, Operand b) { return binary_op("maximum", a, b); }
Value minimum(Operand a, Operand b) { return binary_op("minimum", a, b); }
Value floor_divide(Operand a, Operand b) { return binary_op("floor_divide", a, b); }
Value mod(Operand a, Operand b) { return binary_op("mod", a, b); }
Value equal(Operand a, Operand b) { return binary_op("equal", a, b); }
Value not_equal(Operand a, Operand b) { return binary_op("not_equal", a, b); }
Value less(Operand a, Operand b) { return binary_op("less", a, b); }
Value less_equal(Operand a, Operand b) { return binary_op("less_equal", a, b); }
Value greater(Operand a, Operand b) { return binary_op("greater", a, b); }
Value greater_equal(Operand a, Operand b) { return binary_op("greater_equal", a, b); }
Value logical_and(Value a, Value b) { return emit("logical_and", {cast(a, DType::boolean), cast(b, DType::boolean)}); }
Value logical_or(Value a, Value b) { return emit("logical_or", {cast(a, DType::boolean), cast(b, DType::boolean)}); }

Value select(Value condition, Operand a, Operand b) {
  const auto [x, y] = together(a, b);
  return emit("select", {cast(condition, DType::boolean), x, y});
}
Value cast(Value x, DType dtype) { return x.dtype() == dtype ? x : emit("cast", {x}, {{"dtype", dtype}}); }
Value clip(Value x, double low, double high) { return minimum(maximum(x, low), high); }
// The inner select keeps infinities out of the gradient.
Value divide_no_nan(Value a, Value b) {
  const Value zero = equal(b, 0);
  return select(zero, 0, a / select(zero, 1, b));
}

}  // namespace strata
