// Kernels by values worked out by hand; every op in every dtype by derivation from the op table.
#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/error.h>
#include "backend/reference/reference.h"
#include "tests/graph/examples.h"
#include "tests/reference/evaluate.h"

namespace strata {
namespace {

using testing::ElementsAre;

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

std::vector<double> elements(const Tensor& t) {
  std::vector<double> v;
  for (std::int64_t i = 0; i < t.elements(); ++i) v.push_back(t.at(i));
  return v;
}
Tensor doubles(std::initializer_list<double> v) { return Tensor::of<double>({static_cast<std::int64_t>(v.size())}, v); }
Tensor ints(std::initializer_list<std::int32_t> v) { return Tensor::of<std::int32_t>({static_cast<std::int64_t>(v.size())}, v); }
std::vector<double> values_of(std::string_view op, std::vector<Tensor> inputs, Attributes attributes = {}) {
  return elements(evaluate(op, std::move(inputs), std::move(attributes)));
}

// |y - exact| <= bound max(1, |exact|) for each dtype, the exact one being float64 on the same operands.
TEST(Reference, RunsEveryOpInEveryFloat) {
  std::set<std::string_view> run;
  const std::vector<OpExample> exact = op_examples(DType::float64);
  const std::pair<DType, double> bounds[] = {{DType::float32, 1e-5}, {DType::bfloat16, 3e-2}, {DType::float16, 4e-3}};
  for (const auto& [dtype, bound] : bounds) {
    const std::vector<OpExample> examples = op_examples(dtype);
    ASSERT_EQ(examples.size(), exact.size());
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const OpKind kind = op_named(exact[i].op).kind;
      if (kind != OpKind::elementwise && kind != OpKind::primitive && kind != OpKind::random) continue;
      SCOPED_TRACE(std::string(exact[i].op) + " " + std::string(name_of(dtype)));
      run.insert(exact[i].op);
      const auto small = example_graph(examples[i], false), whole = example_graph(exact[i], false);
      for (auto& [name, t] : whole->inputs)
        if (t.dtype() == DType::float64) t = small->inputs[name].astype(DType::float64);
      const Tensor y = interpret(whole->graph, whole->inputs)[0], z = interpret(small->graph, small->inputs)[0];
      ASSERT_EQ(y.shape(), z.shape());
      if (kind == OpKind::random) continue;  // other dtypes draw from other bits
      // A quotient on the other side of an integer changes these by one.
      if (dtype != DType::float32 && (exact[i].op == "floor_divide" || exact[i].op == "mod")) continue;
      for (std::int64_t e = 0; e < y.elements(); ++e)
        ASSERT_NEAR(z.at(e), y.at(e), bound * std::max(1.0, std::abs(y.at(e)))) << "element " << e;
    }
  }
  for (const Op* op : all_ops()) {
    const bool defined_here = op->kind == OpKind::elementwise || op->kind == OpKind::primitive || op->kind == OpKind::random;
    EXPECT_TRUE(!defined_here || run.count(op->name)) << op->name << " has no example";
  }
}

TEST(Reference, NanPassesThroughExtremes) {
  EXPECT_THAT(values_of("maximum", {doubles({nan, 1, 2}), doubles({0, nan, 1})}), ElementsAre(testing::IsNan(), testing::IsNan(), 2));
  EXPECT_THAT(values_of("minimum", {doubles({nan, 1, 2}), doubles({0, nan, 1})}), ElementsAre(testing::IsNan(), testing::IsNan(), 1));
  EXPECT_THAT(values_of("relu", {doubles({nan, -1, 2})}), ElementsAre(testing::IsNan(), 0, 2));
  for (const char* op : {"reduce_max", "reduce_min"})
    EXPECT_THAT(values_of(op, {doubles({1, nan, 2})}, {{"axes", std::vector<std::int64_t>{0}}}), ElementsAre(testing::IsNan()));
  for (const char* op : {"argmax", "argmin"})
    EXPECT_THAT(values_of(op, {doubles({1, nan, 2, nan})}, {{"axis", std::int64_t{0}}}), ElementsAre(1));
}

TEST(Reference, ClassifiesNumbers) {
  EXPECT_THAT(values_of("is_finite", {doubles({1, nan, infinity, -infinity})}), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(values_of("is_nan", {doubles({1, nan, infinity, -infinity})}), ElementsAre(0, 1, 0, 0));
}

TEST(Reference, RoundsTiesToEven) {
  EXPECT_THAT(values_of("round", {doubles({-1.5, -0.5, 0.5, 1.5, 2.5})}), ElementsAre(-2, 0, 0, 2, 2));
}

// As NumPy's floor_divide and mod.
TEST(Reference, DivisionRoundsDownAndTheRemainderHasTheDivisorsSign) {
  EXPECT_THAT(values_of("floor_divide", {doubles({7, -7, 7, -7}), doubles({2, 2, -2, -2})}), ElementsAre(3, -4, -4, 3));
  EXPECT_THAT(values_of("mod", {doubles({7, -7, 7, -7}), doubles({2, 2, -2, -2})}), ElementsAre(1, 1, -1, -1));
  EXPECT_THAT(values_of("floor_divide", {ints({7, -7, 7, -7, 5}), ints({2, 2, -2, -2, 0})}), ElementsAre(3, -4, -4, 3, 0));
  EXPECT_THAT(values_of("mod", {ints({7, -7, 7, -7, 5}), ints({2, 2, -2, -2, 0})}), ElementsAre(1, 1, -1, -1, 0));
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  EXPECT_THAT(values_of("floor_divide", {ints({lowest}), ints({-1})}), ElementsAre(lowest));
}

TEST(Reference, IntegerPowers) {
  EXPECT_THAT(values_of("power", {ints({2, -3, 0, 1, -1, 5}), ints({10, 3, 0, -7, -3, -1})}), ElementsAre(1024, -27, 1, 1, -1, 0));
}

TEST(Reference, ArithmeticOfBytesWraps) {
  const auto bytes = [](std::initializer_list<std::uint8_t> v) { return Tensor::of<std::uint8_t>({static_cast<std::int64_t>(v.size())}, v); };
  EXPECT_THAT(values_of("add", {bytes({250, 1}), bytes({10, 1})}), ElementsAre(4, 2));
  EXPECT_THAT(values_of("subtract", {bytes({1}), bytes({2})}), ElementsAre(255));
}

TEST(Reference, CastsTowardsZeroAndKeepsWithinTheRange) {
  EXPECT_THAT(values_of("cast", {doubles({-1.9, 1.9, nan, 1e30, -infinity})}, {{"dtype", DType::float64}}),
              ElementsAre(-1.9, 1.9, testing::IsNan(), 1e30, -infinity));
  Graph g;
  const Value x = g.input("x", {DType::float64, Shape{5}});
  for (const DType t : {DType::int32, DType::uint8, DType::boolean}) g.outputs.push_back(port(g.add("cast", {x}, {{"dtype", t}})));
  const auto y = interpret(g, {{"x", doubles({-1.9, 1.9, nan, 1e30, -infinity})}});
  EXPECT_THAT(elements(y[0]), ElementsAre(-1, 1, 0, 2147483647, -2147483648.0));
  EXPECT_THAT(elements(y[1]), ElementsAre(0, 1, 0, 255, 0));
  EXPECT_THAT(elements(y[2]), ElementsAre(1, 1, 1, 1, 1));
}

TEST(Reference, SelectBroadcastsEachOperand) {
  EXPECT_THAT(values_of("select", {Tensor::of<bool>({2, 1}, {true, false}), ints({1, 2}), Tensor::of<std::int32_t>({}, {9})}),
              ElementsAre(1, 2, 9, 9));
}

TEST(Reference, Movement) {
  const Tensor x = Tensor::of<std::int32_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  using Integers = std::vector<std::int64_t>;
  EXPECT_THAT(values_of("transpose", {x}, {{"axes", Integers{1, 0}}}), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(values_of("reverse", {x}, {{"axis", std::int64_t{1}}}), ElementsAre(3, 2, 1, 6, 5, 4));
  EXPECT_THAT(values_of("broadcast_to", {ints({1, 2})}, {{"shape", Shape{2, 2}}}), ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(values_of("slice", {x}, {{"axis", std::int64_t{1}}, {"bounds", Shape{0, 3}}, {"step", std::int64_t{2}}}), ElementsAre(1, 3, 4, 6));
  EXPECT_THAT(values_of("slice_gradient", {ints({7, 8})},
                        {{"axis", std::int64_t{0}}, {"bounds", Shape{1, 4}}, {"step", std::int64_t{2}}, {"shape", Shape{5}}}),
              ElementsAre(0, 7, 0, 8, 0));
  EXPECT_THAT(values_of("pad", {ints({1, 2, 3})}, {{"padding", Integers{1, 2, 1}}, {"value", 9.0}}), ElementsAre(9, 1, 9, 2, 9, 3, 9, 9));
  EXPECT_THAT(values_of("pad", {ints({1, 2, 3})}, {{"padding", Integers{-1, -1, 0}}, {"value", 9.0}}), ElementsAre(2));
  EXPECT_THAT(values_of("pad", {ints({1, 2, 3})}, {{"padding", Integers{-1, -1, 1}}, {"value", 9.0}}), ElementsAre(9, 2, 9));
  EXPECT_THAT(values_of("concatenate", {x, Tensor::of<std::int32_t>({2, 1}, {8, 9})}, {{"axis", std::int64_t{1}}}),
              ElementsAre(1, 2, 3, 8, 4, 5, 6, 9));
  EXPECT_THAT(values_of("pack", {x, ints({7})}), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(values_of("iota", {}, {{"length", Shape{3}}, {"dtype", DType::float64}}), ElementsAre(0, 1, 2));
}

TEST(Reference, IndicesOutsideAreClamped) {
  const Tensor table = Tensor::of<double>({2, 2}, {1, 2, 3, 4});
  EXPECT_THAT(values_of("gather", {table, ints({-1, 5})}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(values_of("scatter_add", {ints({5, -1, 1}), Tensor::of<double>({3, 1}, {1, 2, 4})}, {{"shape", Shape{2, 1}}}), ElementsAre(2, 5));
}

TEST(Reference, SumsOfFloat32RunInFloat64) {
  const Tensor x = Tensor::of<float>({4}, {1e8f, 1, 1, -1e8f});
  EXPECT_THAT(values_of("reduce_sum", {x}, {{"axes", std::vector<std::int64_t>{0}}}), ElementsAre(2));
  EXPECT_THAT(values_of("matmul", {x.reshape({1, 4}), Tensor::of<float>({4, 1}, {1, 1, 1, 1})}), ElementsAre(2));
  EXPECT_THAT(values_of("scatter_add", {ints({0, 0, 0, 0}), x.reshape({4, 1})}, {{"shape", Shape{1, 1}}}), ElementsAre(2));
}

TEST(Reference, Reductions) {
  const Tensor x = Tensor::of<std::int32_t>({2, 3}, {1, 6, 3, 4, 5, 6});
  const Attributes rows{{"axes", std::vector<std::int64_t>{1}}}, columns{{"axes", std::vector<std::int64_t>{0}}};
  EXPECT_THAT(values_of("reduce_sum", {x}, rows), ElementsAre(10, 15));
  EXPECT_THAT(values_of("reduce_max", {x}, columns), ElementsAre(4, 6, 6));
  EXPECT_THAT(values_of("reduce_min", {x}, columns), ElementsAre(1, 5, 3));
  EXPECT_THAT(values_of("argmax", {Tensor::of<double>({2, 2}, {3, 3, 1, 2})}, {{"axis", std::int64_t{1}}}), ElementsAre(0, 1));
  EXPECT_THAT(values_of("reduce_sum", {Tensor(DType::float64, {0, 2})}, columns), ElementsAre(0, 0));
  EXPECT_THAT(values_of("reduce_max", {Tensor(DType::float64, {0, 1})}, columns), ElementsAre(-infinity));
}

TEST(Reference, Matmul) {
  const Tensor a = Tensor::of<double>({2, 2}, {1, 2, 3, 4}), b = Tensor::of<double>({2, 2}, {5, 6, 7, 8});
  const auto product = [&](bool ta, bool tb) { return values_of("matmul", {a, b}, {{"transpose_a", std::int64_t{ta}}, {"transpose_b", std::int64_t{tb}}}); };
  EXPECT_THAT(product(false, false), ElementsAre(19, 22, 43, 50));
  EXPECT_THAT(product(true, false), ElementsAre(26, 30, 38, 44));
  EXPECT_THAT(product(false, true), ElementsAre(17, 23, 39, 53));
  EXPECT_THAT(product(true, true), ElementsAre(23, 31, 34, 46));
  EXPECT_THAT(values_of("matmul", {Tensor(DType::float64, {1, 0}), Tensor(DType::float64, {0, 1})}), ElementsAre(0));
}

// --- the backend's side of the contract --------------------------------------------------------------------------------

TEST(ReferenceBackend, TakesAScalarConstantInsideARegion) {
  const auto backend = make_reference_backend();
  const ArrayType vector{DType::float32, {3}}, scalar{DType::float32, {}};
  const Attributes value{{"value", 0.5}, {"dtype", DType::float32}, {"shape", Shape{}}}, none;
  const Region region{{{"constant", &value, {}, {scalar}}, {"multiply", &none, {{-1, 0}, {0, 0}}, {vector}}}, {vector}, {{1, 0}}};
  std::vector<Refusal> refusals;
  const auto candidates = backend->candidates(region, refusals);
  ASSERT_EQ(candidates.size(), 1u);
  float x[3] = {2, 4, 6}, y[3] = {};
  void *in = x, *out = y;
  std::vector<std::unique_ptr<Call>> calls;
  calls.push_back(candidates[0].prepare()->bind({&in, 1}, {&out, 1}, {}));
  backend->run(calls);
  EXPECT_THAT(y, ElementsAre(1, 2, 3));
}

TEST(ReferenceBackend, SaysWhyItDeclines) {
  const auto backend = make_reference_backend();
  const ArrayType vector{DType::float32, {3}}, integers{DType::int32, {3}};
  const Attributes none;
  const auto reason = [&](const Region& region) {
    std::vector<Refusal> refusals;
    EXPECT_TRUE(backend->candidates(region, refusals).empty());
    return refusals.empty() ? std::string() : refusals[0].reason;
  };
  EXPECT_THAT(reason({{{"exp", &none, {{-1, 0}}, {vector}}, {"exp", &none, {{0, 0}}, {vector}}}, {vector}, {{1, 0}}}),
              testing::HasSubstr("one operation at a time"));
  EXPECT_EQ(reason({{{"softmax", &none, {{-1, 0}}, {vector}}}, {vector}, {{0, 0}}}), "the reference has no kernel for softmax");
  EXPECT_EQ(reason({{{"exp", &none, {{-1, 0}}, {integers}}}, {integers}, {{0, 0}}}), "exp is not defined for int32");
}

TEST(ReferenceBackend, MemoryIsAlignedAndZeroed) {
  const auto backend = make_reference_backend();
  void* memory = backend->allocate(100);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0u);
  char text[100], zeros[100] = {};
  backend->copy_out(text, memory, sizeof text);
  EXPECT_EQ(std::memcmp(text, zeros, sizeof text), 0);
  backend->release(memory, 100);
}

}  // namespace
}  // namespace strata
