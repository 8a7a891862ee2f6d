// Strata's own kernels against the reference, on sizes and numbers that the examples of the op table do not have.
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "tests/cuda/parity.h"
#include "tests/cuda/plugin.h"

namespace strata {
namespace {

using Integers = std::vector<std::int64_t>;

ExampleInput floats(Shape s) { return {{DType::float32, std::move(s)}}; }
ExampleInput indices(DType t, Shape s, std::int64_t limit) { return {{t, std::move(s)}, Domain::index, limit}; }
Attributes over(Integers axes) { return {{"axes", std::move(axes)}, {"keepdims", std::int64_t{0}}}; }

class CudaOwnKernels : public OnDevices {};
STRATA_ON_DEVICES(CudaOwnKernels);

// Sizes at which kernels take blocks instead of warps, several tiles, slices.
TEST_P(CudaOwnKernels, agree_with_the_reference_on_larger_operands) {
  const ExampleInput state = indices(DType::int64, {2}, 1000);
  const std::vector<OpExample> examples = {
      {"reduce_sum", {floats({5000, 33})}, over({0})},
      {"reduce_sum", {floats({128, 512})}, over({0})},
      {"reduce_sum", {floats({30, 1101})}, over({1})},
      {"reduce_sum", {floats({300, 1001})}, over({0, 1})},
      {"reduce_sum", {floats({20, 300, 33})}, over({1})},
      {"reduce_sum", {floats({20, 300, 33})}, over({0, 2})},
      {"reduce_max", {floats({30, 1101})}, over({1})},
      {"reduce_min", {floats({9000, 3})}, over({0})},
      {"argmax", {floats({3, 20000})}, {{"axis", std::int64_t{1}}}},
      {"argmin", {indices(DType::int32, {9000, 3}, 50)}, {{"axis", std::int64_t{0}}}},  // with ties among slices
      {"softmax", {floats({70, 129})}},
      {"log_softmax", {floats({20, 1500})}},
      {"sparse_softmax_cross_entropy", {floats({300, 10}), indices(DType::int64, {300}, 10)}},
      {"sparse_softmax_cross_entropy", {floats({20, 2000}), indices(DType::int32, {20}, 2000)}},
      {"softmax_cross_entropy", {floats({20, 1040}), {{DType::float32, {20, 1040}}, Domain::probability}}},
      {"max_pool", {floats({4, 26, 26, 32})}, {{"size", Integers{2, 2}}, {"strides", Integers{2, 2}}, {"padding", std::string("valid")}}},
      {"average_pool", {floats({4, 27, 25, 20})}, {{"size", Integers{3, 3}}, {"strides", Integers{2, 2}}, {"padding", std::string("same")}}},
      {"batch_norm", {floats({16, 20, 20, 24}), floats({24}), floats({24})}, {{"epsilon", 1e-3}}},
      {"batch_norm", {floats({3000, 1}), floats({1}), floats({1})}, {{"epsilon", 1e-3}}},
      {"batch_norm", {floats({50, 300}), floats({300}), floats({300})}, {{"epsilon", 1e-3}}},
      {"layer_norm", {floats({200, 130}), floats({130}), floats({130})}, {{"epsilon", 1e-3}}},
      {"layer_norm", {floats({20, 1300}), floats({1300}), floats({1300})}, {{"epsilon", 1e-3}}},
      {"dropout", {floats({30, 301}), state}, {{"rate", 0.3}, {"stream", std::int64_t{77}}}},
      {"random_uniform", {state}, {{"stream", std::int64_t{77}}, {"shape", Shape{30, 301}}, {"dtype", DType::float32}}},
      {"random_normal", {state}, {{"stream", std::int64_t{77}}, {"shape", Shape{30, 301}}, {"dtype", DType::float32}}},
  };
  std::vector<ExampleCase> cases;
  for (const OpExample& example : examples) cases.push_back({example, DType::float32, 10});
  EXPECT_GT(check_examples(*device.backend, cases).size(), 20u);
}

// Integers add up exactly and have ties: each element must be met once, in every arrangement of axes.
TEST_P(CudaOwnKernels, reduce_arrays_of_any_shape) {
  std::mt19937_64 random(3);
  std::vector<ExampleCase> cases;
  const auto pick = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  for (int i = 0; i < 30; ++i) {
    std::vector<Dim> dims;
    Integers axes;
    std::int64_t budget = i % 4 == 0 ? 20000 : 1000;
    for (int axis = 0, rank = 1 + static_cast<int>(pick(5)); axis < rank; ++axis) {
      const std::int64_t n = pick(8) == 0 ? pick(2) : 1 + pick(static_cast<std::uint64_t>(std::min<std::int64_t>(budget, pick(3) == 0 ? 9000 : 12)));
      dims.emplace_back(n);
      budget = std::max<std::int64_t>(budget / std::max<std::int64_t>(n, 1), 1);
      if (pick(2) == 0) axes.push_back(axis);
    }
    if (axes.empty()) axes.push_back(0);
    const ExampleInput x{{i % 2 == 0 ? DType::int64 : DType::int32, Shape(dims)}};
    for (const std::string_view op : {"reduce_sum", "reduce_max", "reduce_min"}) cases.push_back({{op, {x}, over(axes)}});
    if (dims[static_cast<std::size_t>(axes[0])].value() > 0)
      for (const std::string_view op : {"argmax", "argmin"}) cases.push_back({{op, {x}, {{"axis", axes[0]}}}});
  }
  check_examples(*device.backend, cases);
}

// Infinities, and numbers that are none.
TEST_P(CudaOwnKernels, treat_extraordinary_numbers_as_the_reference_does) {
  constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<ExampleCase> cases;
  const Shape shape{7, 40};
  Tensor x = example_tensor(floats(shape), 5);
  for (std::int64_t j = 0; j < 40; ++j) {
    x.set(0 * 40 + j, -infinity);
    if (j % 3 == 0) x.set(1 * 40 + j, -infinity);
    x.set(2 * 40 + j, 300 * x.at(2 * 40 + j));
  }
  x.set(3 * 40 + 7, nan);
  x.set(3 * 40 + 9, nan);
  x.set(4 * 40 + 33, infinity);
  x.set(5 * 40 + 2, infinity);
  x.set(5 * 40 + 35, infinity);
  const std::map<std::string, Tensor> instead{{"x0", x}};
  for (const std::string_view op : {"softmax", "log_softmax"}) cases.push_back({{op, {floats(shape)}}, DType::float32, 1, instead});
  cases.push_back({{"sparse_softmax_cross_entropy", {floats(shape), indices(DType::int32, {7}, 50)}}, DType::float32, 1, instead});
  for (const std::int64_t axis : {0, 1}) {
    for (const std::string_view op : {"reduce_sum", "reduce_max", "reduce_min"})
      cases.push_back({{op, {floats(shape)}, over({axis})}, DType::float32, 1, instead});
    for (const std::string_view op : {"argmax", "argmin"}) cases.push_back({{op, {floats(shape)}, {{"axis", axis}}}, DType::float32, 1, instead});
  }
  Tensor image = example_tensor(floats({1, 4, 10, 2}), 6);
  image.set(3, nan);
  image.set(20, -infinity);
  for (const std::int64_t i : {40, 42, 60, 62}) image.set(i, -infinity);  // a window of nothing else
  for (const char* padding : {"valid", "same"})
    cases.push_back({{"max_pool", {floats({1, 4, 10, 2})}, {{"size", Integers{2, 2}}, {"strides", Integers{2, 2}}, {"padding", std::string(padding)}}},
                     DType::float32, 1, {{"x0", image}}});
  check_examples(*device.backend, cases);
}

TEST_P(CudaOwnKernels, norm_and_relu_are_one_call) {
  Backend& backend = *device.backend;
  Graph g;
  const TensorType type{DType::float32, {40, 6}}, channels{DType::float32, {6}};
  const Value x = g.input("x", type), gamma = g.input("gamma", channels), beta = g.input("beta", channels);
  const Moments norm = batch_norm(x, gamma, beta, 1e-3);
  g.outputs = {port(relu(norm.y)), port(norm.mean), port(norm.variance), Port{norm.y.node(), 3}};
  const std::map<std::string, Tensor> inputs{{"x", example_tensor({type}, 1)}, {"gamma", example_tensor({channels}, 2)}, {"beta", example_tensor({channels}, 3)}};
  const Region region = region_of(g);
  std::vector<Refusal> refusals;
  const auto found = backend.candidates(region, refusals);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "batch norm + relu");
  const auto got = run_candidate(backend, region, found[0], {bytes_of(inputs.at("x")), bytes_of(inputs.at("gamma")), bytes_of(inputs.at("beta"))});
  const auto expected = interpret(g, inputs);
  for (std::size_t i = 0; i < 4; ++i) expect_close(expected[i], got[i], 2e-6, "output " + std::to_string(i));
}

TEST_P(CudaOwnKernels, say_why_they_refuse) {
  const auto reason = [&](const OpExample& example) {
    const auto built = example_graph(example, false);
    std::vector<Refusal> refusals;
    const auto& nodes = built->graph.nodes();
    EXPECT_TRUE(device.backend->candidates(region_of(built->graph, nodes.back()), refusals).empty()) << example.op;
    return refusals.empty() ? std::string() : refusals[0].reason;
  };
  EXPECT_EQ(reason({"softmax", {{{DType::float64, {3, 4}}}}}), "it is float64");
  EXPECT_EQ(reason({"max_pool", {floats({1, 40, 1})}, {{"size", Integers{300}}, {"strides", Integers{1}}, {"padding", std::string("same")}}}),
            "a byte does not number the elements of its window");
  EXPECT_EQ(reason({"reduce_sum", {floats({2, 2, 2, 2, 2, 2, 2, 2, 2})}, over({0, 2, 4, 6, 8})}), "its kept and reduced axes alternate more than 4 times");
  EXPECT_EQ(reason({"argmax", {floats({2, 0})}, {{"axis", std::int64_t{1}}}}), "it has no elements");
}

}  // namespace
}  // namespace strata
