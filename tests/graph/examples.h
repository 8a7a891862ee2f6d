// Small operands for every op of the table. The derived tests (gradient checks, kernels against the reference, fused ops
// against their decompositions) run over this list, so an op that is missing from it is not tested.
//
// Fused gradient ops have no row: what they read (a pooling index, a logsumexp) makes sense only as made by their forward
// op, so they are reached through the gradients of its examples (see example_graph). matmul_gated, which no gradient makes,
// has one: any gate will do.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <strata/ops.h>
#include <strata/tensor.h>
#include "src/graph/gradient.h"
#include "src/graph/graph.h"

namespace strata {

// What the elements of an input may be, so that the op is defined there and differentiable.
enum class Domain {
  any,             // floats in (-2, 2), integers in [-5, 5]
  positive,        // in (1/4, 2); integers in [1, 5]
  away_from_zero,  // in (-2, -1/4) or (1/4, 2); integers in [-5, 5] without 0
  probability,     // in (0, 1), the last axis adding up to 1
  index,           // integers in [0, limit)
  boolean,
};

struct ExampleInput {
  TensorType type;
  Domain domain = Domain::any;
  std::int64_t limit = 0;
};

struct OpExample {
  std::string_view op;
  std::vector<ExampleInput> inputs;
  Attributes attributes = {};
};

// Elements for an input, the same for equal seeds everywhere.
inline Tensor example_tensor(const ExampleInput& input, std::uint64_t seed) {
  Tensor tensor(input.type.dtype, input.type.shape.values());
  std::mt19937_64 random(seed);
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
  };
  const auto integer = [&](std::int64_t low, std::int64_t high) {
    return static_cast<double>(low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1)));
  };
  const DType t = input.type.dtype;
  const bool whole = is_integer(t), is_signed = t != DType::uint8;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    double x = 0;
    switch (t == DType::boolean ? Domain::boolean : input.domain) {
      case Domain::any: x = whole ? integer(is_signed ? -5 : 0, 5) : uniform(-2, 2); break;
      case Domain::positive: x = whole ? integer(1, 5) : uniform(0.25, 2); break;
      case Domain::away_from_zero:
        x = whole ? integer(1, 5) : uniform(0.25, 2);
        if (is_signed && random() % 2) x = -x;
        break;
      case Domain::probability: x = uniform(0, 1); break;
      case Domain::index: x = integer(0, input.limit - 1); break;
      case Domain::boolean: x = integer(0, 1); break;
    }
    tensor.set(i, x);
  }
  if (input.domain == Domain::probability) {
    const std::int64_t n = tensor.dim(-1);
    for (std::int64_t row = 0; row < tensor.elements(); row += n) {
      double total = 0;
      for (std::int64_t i = row; i < row + n; ++i) total += tensor.at(i);
      for (std::int64_t i = row; i < row + n; ++i) tensor.set(i, tensor.at(i) / total);
    }
  }
  return tensor;
}

// Every op but the leaves and the fused gradient ops (one of which is the transposed convolution), with floats of dtype `t`.
inline std::vector<OpExample> op_examples(DType t = DType::float32) {
  using Integers = std::vector<std::int64_t>;
  constexpr DType i32 = DType::int32, i64 = DType::int64, u8 = DType::uint8, boolean = DType::boolean;
  const auto any = [t](Shape s) { return ExampleInput{{t, std::move(s)}, Domain::any}; };
  const auto positive = [t](Shape s) { return ExampleInput{{t, std::move(s)}, Domain::positive}; };
  const auto away = [t](Shape s) { return ExampleInput{{t, std::move(s)}, Domain::away_from_zero}; };
  const auto of = [](DType d, Shape s, Domain domain = Domain::any) { return ExampleInput{{d, std::move(s)}, domain}; };
  const auto index = [](DType d, Shape s, std::int64_t limit) { return ExampleInput{{d, std::move(s)}, Domain::index, limit}; };
  const auto flag = [](bool b) { return std::int64_t{b}; };
  const ExampleInput random_state = index(i64, {2}, 1000);  // seed, step

  std::vector<OpExample> list;
  const auto add = [&list](std::string_view op, std::vector<ExampleInput> inputs, Attributes a = {}) {
    list.push_back({op, std::move(inputs), std::move(a)});
  };

  // --- elementwise: sizes below, at and above a vector register, and a scalar
  for (const std::string_view op : {"negative", "square", "exp", "expm1", "sin", "cos", "tanh", "sigmoid", "erf", "floor", "ceil",
                                    "round", "is_finite", "is_nan"})
    for (const Shape& s : {Shape{}, Shape{3}, Shape{2, 3, 5}, Shape{129}}) add(op, {any(s)});
  for (const std::string_view op : {"absolute", "sign", "relu", "reciprocal"})
    for (const Shape& s : {Shape{}, Shape{3}, Shape{2, 3, 5}, Shape{129}}) add(op, {away(s)});
  for (const Shape& s : {Shape{3}, Shape{2, 3, 5}, Shape{129}}) add("tan", {of(t, s, Domain::probability)});  // below its pole at pi/2
  for (const std::string_view op : {"sqrt", "rsqrt", "log", "log1p"})
    for (const Shape& s : {Shape{}, Shape{3}, Shape{2, 3, 5}, Shape{129}}) add(op, {positive(s)});
  for (const std::string_view op : {"negative", "absolute", "sign", "square"})
    for (const DType d : {i32, i64}) add(op, {of(d, {7})});
  for (const Shape& s : {Shape{}, Shape{2, 9}}) add("logical_not", {of(boolean, s)});

  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{}, {}},        {{65}, {65}},    {{2, 3}, {2, 3}}, {{2, 3}, {}},         {{}, {2, 3}},
      {{2, 3}, {3}},   {{3}, {2, 3}},   {{2, 3}, {2, 1}}, {{2, 1, 4}, {3, 1}}};
  for (const auto& [a, b] : pairs) {
    for (const std::string_view op : {"add", "subtract", "multiply", "maximum", "minimum"}) add(op, {any(a), any(b)});
    for (const std::string_view op : {"divide", "floor_divide", "mod"}) add(op, {any(a), away(b)});
    add("power", {positive(a), any(b)});
    for (const std::string_view op : {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}) {
      add(op, {any(a), any(b)});
      add(op, {index(i32, a, 3), index(i32, b, 3)});  // with ties
    }
    for (const std::string_view op : {"logical_and", "logical_or"}) add(op, {of(boolean, a), of(boolean, b)});
    add("select", {of(boolean, a), any(a), any(b)});
    add("select", {of(boolean, b), any(a), any({})});
  }
  for (const DType d : {i32, i64}) {
    for (const std::string_view op : {"add", "subtract", "multiply", "maximum", "minimum"}) add(op, {of(d, {2, 3}), of(d, {3})});
    for (const std::string_view op : {"floor_divide", "mod"}) add(op, {of(d, {2, 3}), of(d, {3}, Domain::away_from_zero)});
    add("select", {of(boolean, {2, 3}), of(d, {2, 3}), of(d, {3})});
  }
  for (const DType to : {DType::float32, DType::float64, DType::bfloat16, DType::float16, i32, i64, boolean}) {
    add("cast", {any({2, 9})}, {{"dtype", to}});
    add("cast", {index(u8, {9}, 256)}, {{"dtype", to}});
    add("cast", {of(boolean, {9})}, {{"dtype", to}});
    add("cast", {of(i64, {9})}, {{"dtype", to}});
  }

  // --- movement
  for (const DType d : {t, i32, u8, boolean}) {
    add("reshape", {of(d, {2, 3, 4})}, {{"shape", Shape{6, 4}}});
    add("copy", {of(d, {2, 3})});
    add("transpose", {of(d, {2, 3})}, {{"axes", Integers{1, 0}}});
    add("broadcast_to", {of(d, {3, 1})}, {{"shape", Shape{2, 3, 4}}});
    add("slice", {of(d, {5, 4})}, {{"axis", flag(0)}, {"bounds", Shape{1, 4}}, {"step", std::int64_t{1}}});
    add("concatenate", {of(d, {2, 3}), of(d, {2, 1}), of(d, {2, 4})}, {{"axis", std::int64_t{1}}});
    add("reverse", {of(d, {2, 3, 4})}, {{"axis", std::int64_t{1}}});
    add("gather", {of(d, {5, 3}), index(i32, {2, 4}, 5)});
  }
  add("reshape", {any({6})}, {{"shape", Shape{1, 6, 1}}});
  add("reshape", {any({1})}, {{"shape", Shape{}}});
  add("transpose", {any({2, 3, 4})}, {{"axes", Integers{2, 0, 1}}});
  add("transpose", {any({2, 3, 4, 5})}, {{"axes", Integers{0, 2, 1, 3}}});
  add("transpose", {any({2, 3, 2, 3, 2})}, {{"axes", Integers{4, 2, 0, 3, 1}}});
  add("broadcast_to", {any({})}, {{"shape", Shape{3, 4}}});
  add("broadcast_to", {any({1, 3, 1})}, {{"shape", Shape{2, 3, 4}}});
  for (const std::int64_t axis : {0, 1, 2})
    add("slice", {any({7, 6, 5})}, {{"axis", axis}, {"bounds", Shape{1, 5}}, {"step", std::int64_t{2}}});
  add("slice", {any({4})}, {{"axis", flag(0)}, {"bounds", Shape{2, 2}}, {"step", std::int64_t{1}}});  // nothing
  add("slice_gradient", {any({3, 4})}, {{"axis", flag(0)}, {"bounds", Shape{1, 4}}, {"step", std::int64_t{1}}, {"shape", Shape{6, 4}}});
  add("slice_gradient", {any({2, 3})}, {{"axis", std::int64_t{1}}, {"bounds", Shape{0, 5}}, {"step", std::int64_t{2}}, {"shape", Shape{2, 6}}});
  add("pad", {any({3, 4})}, {{"padding", Integers{1, 2, 0, 0, 3, 0}}, {"value", 0.0}});
  add("pad", {any({3, 4})}, {{"padding", Integers{0, 0, 1, 2, 1, 2}}, {"value", -1.5}});
  add("pad", {any({5, 4})}, {{"padding", Integers{-1, -2, 0, -1, 2, 1}}, {"value", 0.5}});
  add("pad", {of(i32, {2, 3})}, {{"padding", Integers{0, 1, 0, 1, 0, 0}}, {"value", 7.0}});
  add("concatenate", {any({2, 3}), any({4, 3})}, {{"axis", flag(0)}});
  add("concatenate", {any({2, 3, 2}), any({2, 1, 2})}, {{"axis", std::int64_t{1}}});
  add("reverse", {any({5})}, {{"axis", flag(0)}});
  add("gather", {any({6}), index(i64, {4}, 6)});
  add("gather", {any({4, 2, 3}), index(i32, {}, 4)});
  add("gather", {any({3, 2}), index(u8, {5}, 5)});  // an index outside is clamped
  add("scatter_add", {index(i32, {7}, 3), any({7, 2})}, {{"shape", Shape{3, 2}}});
  add("scatter_add", {index(i64, {2, 5}, 4), any({2, 5})}, {{"shape", Shape{4}}});
  for (const DType d : {t, i32, i64}) add("iota", {}, {{"length", Shape{9}}, {"dtype", d}});
  add("pack", {any({2, 3}), any({}), any({5})});

  // --- reductions: the last axis, the first, a middle one, all, none left
  for (const std::string_view op : {"reduce_sum", "reduce_max", "reduce_min"}) {
    for (const Integers& axes : {Integers{0}, Integers{1}, Integers{2}, Integers{0, 2}, Integers{0, 1}, Integers{0, 1, 2}})
      for (const bool keepdims : {false, true}) add(op, {any({3, 4, 5})}, {{"axes", axes}, {"keepdims", flag(keepdims)}});
    add(op, {any({300})}, {{"axes", Integers{0}}, {"keepdims", flag(false)}});
    for (const DType d : {i32, i64}) add(op, {of(d, {3, 4})}, {{"axes", Integers{1}}, {"keepdims", flag(false)}});
  }
  for (const std::string_view op : {"argmax", "argmin"})
    for (const std::int64_t axis : {0, 1, 2}) {
      add(op, {any({3, 4, 5})}, {{"axis", axis}});
      add(op, {index(i32, {3, 4, 5}, 3)}, {{"axis", axis}});  // with ties
    }

  // --- matmul: both transposes, batches, broadcast batches, rows against a matrix, thin ones
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      const Attributes a{{"transpose_a", flag(ta)}, {"transpose_b", flag(tb)}};
      const auto left = [ta](Dim m, Dim k) { return ta ? Shape{k, m} : Shape{m, k}; };
      const auto right = [tb](Dim k, Dim n) { return tb ? Shape{n, k} : Shape{k, n}; };
      add("matmul", {any(left(4, 3)), any(right(3, 5))}, a);
      add("matmul", {any(left(1, 7)), any(right(7, 1))}, a);
      add("matmul", {any(left(33, 17)), any(right(17, 9))}, a);
      add("matmul", {any(Shape{2} + left(3, 4)), any(Shape{2} + right(4, 2))}, a);
      add("matmul", {any(Shape{2, 1} + left(3, 4)), any(Shape{3} + right(4, 2))}, a);
      add("matmul", {any(Shape{2, 3} + left(2, 4)), any(right(4, 5))}, a);
      add("matmul_relu", {any(left(9, 6)), any(right(6, 5)), any({5})}, a);
      add("matmul_gated", {any(left(9, 6)), any(right(6, 5)), ExampleInput{{boolean, {9, 5}}}}, a);
    }

  // --- random
  for (const std::string_view op : {"random_uniform", "random_normal"})
    for (const Shape& s : {Shape{}, Shape{2, 9}}) add(op, {random_state}, {{"stream", std::int64_t{7}}, {"shape", s}, {"dtype", t}});
  for (const double rate : {0.0, 0.3, 0.9}) add("dropout", {any({4, 9}), random_state}, {{"rate", rate}, {"stream", std::int64_t{3}}});

  // --- control
  add("stop_gradient", {any({2, 3})});
  for (const bool reverse : {false, true}) {  // c = tanh(c w + s), out = c^2
    auto body = std::make_shared<Graph>();
    const Value c = body->input("c0", {t, {2, 3}}), s = body->input("s0", {t, {2, 3}}), w = body->input("i0", {t, {3, 3}});
    const Value next = tanh(matmul(c, w) + s), out = square(next);
    body->outputs = {port(next), port(out)};
    add("scan", {any({2, 3}), any({4, 2, 3}), any({3, 3})},
        {{"body", std::shared_ptr<const Graph>(body)}, {"carries", std::int64_t{1}}, {"sequences", std::int64_t{1}},
         {"length", Shape{4}}, {"reverse", flag(reverse)}});
  }

  // --- convolution: one to three spatial axes, every padding, strides, dilation, groups, depthwise; kernels in both orders
  const auto in_both_orders = [&](std::string_view op, const Shape& x, const Shape& kernel, Attributes a) {
    add(op, {any(x), any(kernel)}, a);
    a.set("filters_first", flag(true));
    add(op, {any(x), any(Shape{kernel[-1]} + kernel.slice(0, kernel.rank() - 1))}, a);
  };
  const auto convolution = [&](const Shape& x, const Shape& kernel, Integers strides, Integers dilation, const char* padding, std::int64_t groups = 1) {
    in_both_orders("convolution", x, kernel, {{"strides", strides}, {"dilation", dilation}, {"padding", std::string(padding)}, {"groups", groups}});
  };
  for (const char* padding : {"valid", "same", "causal"}) {
    convolution({2, 7, 3}, {3, 3, 4}, {1}, {1}, padding);
    convolution({2, 8, 3}, {3, 3, 4}, {2}, {1}, padding);
    convolution({2, 9, 2}, {2, 2, 3}, {1}, {3}, padding);
  }
  for (const char* padding : {"valid", "same"}) {
    convolution({2, 5, 6, 3}, {3, 3, 3, 4}, {1, 1}, {1, 1}, padding);
    convolution({2, 6, 7, 3}, {3, 2, 3, 4}, {2, 2}, {1, 1}, padding);
    convolution({1, 7, 7, 2}, {3, 3, 2, 3}, {1, 1}, {2, 2}, padding);
    convolution({1, 5, 5, 2}, {2, 2, 2, 3}, {3, 1}, {1, 1}, padding);  // a stride over the window
    convolution({2, 4, 5, 4}, {3, 3, 2, 6}, {1, 1}, {1, 1}, padding, 2);
    convolution({2, 4, 4, 3}, {2, 3, 1, 3}, {1, 1}, {1, 1}, padding, 3);  // depthwise
    convolution({2, 4, 4, 3}, {3, 3, 1, 6}, {2, 2}, {1, 1}, padding, 3);  // depthwise, multiplier 2
    convolution({1, 4, 3, 4, 2}, {2, 2, 3, 2, 3}, {1, 1, 1}, {1, 1, 1}, padding);
    convolution({1, 4, 5, 4, 2}, {2, 2, 2, 2, 3}, {2, 1, 2}, {1, 1, 1}, padding);
  }
  convolution({3, 4, 4, 5}, {1, 1, 5, 7}, {1, 1}, {1, 1}, "valid");
  convolution({1, 9, 9, 16}, {3, 3, 16, 8}, {1, 1}, {1, 1}, "same");

  // --- transposed convolution: dy, kernel
  const auto transposed = [&](const Shape& x, const Shape& kernel, Shape y, Integers strides, Integers dilation, const char* padding, std::int64_t groups = 1) {
    in_both_orders("convolution_input_gradient", x, kernel,
                   {{"shape", std::move(y)}, {"strides", strides}, {"dilation", dilation}, {"padding", std::string(padding)}, {"groups", groups}});
  };
  transposed({2, 5, 4}, {3, 3, 4}, {2, 11, 3}, {2}, {1}, "valid");
  transposed({2, 5, 4}, {2, 3, 4}, {2, 15, 3}, {3}, {1}, "valid");  // a stride over the window
  transposed({2, 4, 3, 4}, {3, 2, 3, 4}, {2, 8, 9, 3}, {2, 3}, {1, 1}, "same");
  transposed({2, 4, 3, 4}, {2, 3, 2, 4}, {2, 4, 3, 2}, {1, 1}, {2, 2}, "same");
  transposed({2, 3, 3, 4}, {2, 2, 3, 4}, {2, 6, 6, 6}, {2, 2}, {1, 1}, "same", 2);
  transposed({1, 2, 3, 2, 4}, {2, 2, 2, 3, 4}, {1, 4, 4, 4, 3}, {2, 1, 2}, {1, 1, 1}, "valid");

  // --- pooling
  for (const std::string_view op : {"max_pool", "average_pool"})
    for (const char* padding : {"valid", "same"}) {
      const auto pool = [&](Shape x, Integers size, Integers strides) {
        add(op, {any(std::move(x))}, {{"size", size}, {"strides", strides}, {"padding", std::string(padding)}});
      };
      pool({2, 7, 3}, {2}, {2});
      pool({2, 4, 6, 3}, {2, 2}, {2, 2});
      pool({2, 5, 7, 3}, {2, 3}, {2, 2});
      pool({1, 6, 5, 2}, {3, 3}, {1, 2});  // windows that overlap
      pool({1, 7, 6, 2}, {2, 2}, {3, 3});  // and that leave gaps
      pool({1, 4, 5, 4, 2}, {2, 2, 2}, {2, 2, 2});
      pool({2, 4, 4, 17}, {4, 4}, {4, 4});  // one window
    }

  // --- softmax and losses
  for (const std::string_view op : {"softmax", "log_softmax"})
    for (const Shape& s : {Shape{5}, Shape{3, 4}, Shape{2, 3, 33}, Shape{2, 1}}) add(op, {any(s)});
  for (const auto& [rows, classes] : {std::pair<Shape, Dim>{{}, 4}, {{5}, 3}, {{2, 3}, 33}, {{4}, 1}}) {
    const Shape logits = rows + Shape{classes};
    for (const DType d : {i32, i64, u8}) add("sparse_softmax_cross_entropy", {any(logits), index(d, rows, classes.value())});
    add("softmax_cross_entropy", {any(logits), of(t, logits, Domain::probability)});
  }
  add("sparse_softmax_cross_entropy", {any({9, 3}), index(i32, {9}, 5)});  // labels outside
  add("softmax_cross_entropy", {any({3, 4}), any({3, 4})});                // targets that do not add up to 1
  for (const Shape& s : {Shape{}, Shape{7}, Shape{3, 5}}) add("sigmoid_cross_entropy", {any(s), any(s)});

  // --- normalization
  for (const Shape& s : {Shape{8, 3}, Shape{4, 5, 2}, Shape{3, 4, 4, 17}})
    for (const double epsilon : {1e-3, 1e-5}) {
      const Shape c{s[-1]};
      add("batch_norm", {any(s), any(c), any(c)}, {{"epsilon", epsilon}});
      add("layer_norm", {any(s), any(c), any(c)}, {{"epsilon", epsilon}});
    }

  // --- embedding: repeated rows, one index, none twice
  add("embedding", {any({5, 3}), index(i32, {2, 7}, 5)});
  add("embedding", {any({4, 8}), index(i64, {}, 4)});
  add("embedding", {any({9, 17}), index(u8, {3}, 9)});

  // --- attention: q, k, v [, mask]; self and cross, rows that see nothing, no leading axis
  for (const bool causal : {false, true}) {
    const auto attention = [&](Shape q, Shape k, Shape v, std::optional<Shape> mask = {}) {
      std::vector<ExampleInput> in{any(std::move(q)), any(std::move(k)), any(std::move(v))};
      if (mask) in.push_back(of(boolean, *mask));
      add("attention", in, {{"scale", 0.6}, {"causal", flag(causal)}, {"has_mask", flag(mask.has_value())}});
    };
    attention({2, 5, 3, 4}, {2, 5, 3, 4}, {2, 5, 3, 4});
    attention({2, 3, 2, 4}, {2, 6, 2, 4}, {2, 6, 2, 7});
    attention({6, 1, 3}, {4, 1, 3}, {4, 1, 2});
    attention({2, 2, 3, 2, 4}, {2, 2, 3, 2, 4}, {2, 2, 3, 2, 4});
    attention({3, 4, 2, 5}, {3, 4, 2, 5}, {3, 4, 2, 5}, Shape{3, 1, 4, 4});
    attention({3, 4, 2, 5}, {3, 3, 2, 5}, {3, 3, 2, 5}, Shape{3, 1, 1, 3});
    attention({1, 33, 2, 16}, {1, 33, 2, 16}, {1, 33, 2, 16}, Shape{33, 33});
  }

  // --- recurrent: x, h0, c0, kernel, recurrent, bias [, mask]
  for (const bool masked : {false, true})
    for (const auto& [steps, batch, features, units] : {std::tuple{4, 2, 3, 5}, {1, 3, 2, 2}, {3, 1, 1, 16}}) {
      const Shape state{batch, units};
      std::vector<ExampleInput> in{any({steps, batch, features}), any(state),  any(state), any({features, 4 * units}),
                                   any({units, 4 * units}),       any({4 * units})};
      if (masked) in.push_back(of(boolean, {steps, batch}));
      add("lstm", in, {{"has_mask", flag(masked)}});
    }
  return list;
}

// An example as a graph with numbers to run it on. Its inputs are named "x0", "x1", ...; its outputs are those that are
// not hidden. With gradients, inputs "d0", "d1", ... are cotangents of the floating outputs, and the gradients of the
// floating inputs come after the outputs.
struct ExampleGraph {
  Graph graph;
  std::map<std::string, Tensor> inputs;
  std::size_t outputs = 0;                  // of the op; after them in graph.outputs: gradients
  std::vector<std::size_t> differentiated;  // the inputs that these belong to
};

inline std::unique_ptr<ExampleGraph> example_graph(const OpExample& example, bool with_gradients, std::uint64_t seed = 1) {
  auto result = std::make_unique<ExampleGraph>();
  Graph& graph = result->graph;
  std::vector<Value> xs, ys, wanted, reached, cotangents;
  for (std::size_t i = 0; i < example.inputs.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    result->inputs[name] = example_tensor(example.inputs[i], seed * 1000 + i);
    xs.push_back(graph.input(name, example.inputs[i].type));
  }
  const Op& op = op_named(example.op);
  const Value y = graph.add(op, xs, example.attributes);
  const std::size_t all = graph.node(y.node()).outputs.size();
  result->outputs = op.first_hidden < 0 ? all : static_cast<std::size_t>(op.first_hidden);
  if (op.kind == OpKind::scan) result->outputs = example.attributes.graph("body")->outputs.size();  // then carries on entry
  for (std::size_t i = 0; i < result->outputs; ++i) {
    ys.emplace_back(&graph, y.node(), static_cast<std::int32_t>(i));
    graph.outputs.push_back(port(ys[i]));
  }
  if (!with_gradients) return result;
  for (std::size_t i = 0; i < ys.size(); ++i) {
    if (!is_floating(ys[i].dtype())) continue;
    const std::string name = "d" + std::to_string(i);
    const TensorType type{ys[i].dtype(), ys[i].shape()};
    result->inputs[name] = example_tensor({type}, seed * 1000 + 500 + i);
    reached.push_back(ys[i]);
    cotangents.push_back(graph.input(name, type));
  }
  for (std::size_t i = 0; i < xs.size(); ++i)
    if (is_floating(xs[i].dtype())) {
      wanted.push_back(xs[i]);
      result->differentiated.push_back(i);
    }
  if (reached.empty()) result->differentiated.clear();
  else
    for (const Value& d : gradients(reached, wanted, cotangents)) graph.outputs.push_back(port(d));
  return result;
}

// What an example's gradients have as gradients: with s = sum over the floating inputs x of <dx, u>, u fixed, the graph has
// the outputs s, then ds/dx of each of them, then ds/dd of each cotangent d; `of` names these. None where nothing is
// differentiated.
struct SecondOrder {
  std::unique_ptr<ExampleGraph> example;
  std::vector<std::string> of;
};

inline SecondOrder second_order(const OpExample& example) {
  SecondOrder result{example_graph(example, true), {}};
  ExampleGraph& built = *result.example;
  if (built.differentiated.empty()) return {};
  Graph& graph = built.graph;
  Value s;
  for (std::size_t k = 0; k < built.differentiated.size(); ++k) {
    const Value d = value_of(graph, graph.outputs[built.outputs + k]);
    const Value part = sum(d * constant(d, example_tensor({{d.dtype(), d.shape()}}, 900 + k)));
    s = s ? s + part : part;
  }
  std::vector<Value> inputs;
  const auto nodes = static_cast<std::int32_t>(graph.nodes().size());
  for (std::int32_t id = 0; id < nodes; ++id) {
    const OpNode& n = graph.node(id);
    if (n.op->name != "input" || !is_floating(n.outputs[0].dtype)) continue;
    inputs.emplace_back(&graph, id);
    result.of.push_back(n.attributes.text("name"));
  }
  graph.outputs = {port(s)};
  for (const Value& d : gradients(s, inputs)) graph.outputs.push_back(port(d));
  return result;
}

}  // namespace strata
