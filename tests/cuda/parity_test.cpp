// Every kernel of the CUDA backend against the reference: over the examples of every op and their gradients, at aligned addresses and
// not, in place where that is allowed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cuda/parity.h"
#include "tests/cuda/plugin.h"
#include "tests/cuda/regions.h"

namespace strata {
namespace {

using Bytes = std::vector<std::vector<char>>;

void check_case(Backend& device, const RegionCase& c, double tolerance) {
  std::vector<Refusal> refusals;
  const auto found = device.candidates(c.region, refusals);
  EXPECT_TRUE(!found.empty() || !refusals.empty()) << c.what << ": neither a kernel nor a reason";
  Bytes inputs;
  for (const Tensor& t : c.inputs) inputs.push_back(bytes_of(t));
  for (const Candidate& candidate : found) {
    const Bytes got = run_candidate(device, c.region, candidate, inputs);
    for (std::size_t i = 0; i < got.size(); ++i) expect_close(c.expected[i], got[i], tolerance, c.what + " by " + candidate.name);
    // Parts of a flat buffer begin at any multiple of their elements.
    const Bytes shifted = run_candidate(device, c.region, candidate, inputs, nullptr, 8);
    for (std::size_t i = 0; i < shifted.size(); ++i) expect_close(c.expected[i], shifted[i], tolerance, c.what + " by " + candidate.name + ", unaligned");
    for (const auto& pair : candidate.in_place) EXPECT_EQ(run_candidate(device, c.region, candidate, inputs, &pair), got) << c.what << " in place";
  }
}

class CudaKernels : public OnDevices {};
STRATA_ON_DEVICES(CudaKernels);

// All are compiled before the first runs (see check_examples).
void check_cases(Backend& device, const std::vector<RegionCase>& cases, DType t) {
  std::vector<Refusal> refusals;
  for (const RegionCase& c : cases)
    for (const Candidate& candidate : device.candidates(c.region, refusals)) candidate.prepare();
  for (const RegionCase& c : cases) check_case(device, c, tolerance_of(t));
}

// Whatever has no kernel in some dtype has one in float32, or a decomposition into ops that have.
TEST_P(CudaKernels, agree_with_the_reference_on_every_example) {
  std::vector<ExampleCase> cases;
  for (const DType t : {DType::float32, DType::float64, DType::bfloat16, DType::float16})
    for (const OpExample& example : op_examples(t)) cases.push_back({example, t});
  const std::set<std::string> covered = check_examples(*device.backend, cases);
  for (const Op* op : all_ops())
    if (op->kind == OpKind::elementwise || op->kind == OpKind::primitive || op->kind == OpKind::random) {
      EXPECT_TRUE(covered.count(std::string(op->name))) << op->name << " has no kernel";
    }
}

TEST_P(CudaKernels, agree_with_the_reference_on_every_primitive) {
  const auto is_primitive = [](const Op& op) { return op.kind == OpKind::elementwise || op.kind == OpKind::primitive; };
  for (const DType t : {DType::float32, DType::float64, DType::bfloat16, DType::float16}) check_cases(*device.backend, example_cases(t, is_primitive), t);
}

TEST_P(CudaKernels, agree_with_the_reference_on_random_regions) {
  for (const DType t : {DType::float32, DType::bfloat16}) {
    std::vector<RegionCase> cases;
    for (std::uint64_t seed = 0; seed < 40; ++seed) cases.push_back(random_case(seed, t));
    check_cases(*device.backend, cases, t);
  }
}

TEST_P(CudaKernels, agree_with_the_reference_on_larger_arrays) {
  constexpr DType f = DType::float32;
  using Integers = std::vector<std::int64_t>;
  const auto any = [](Shape s) { return ExampleInput{{f, std::move(s)}}; };
  const auto index = [](Shape s, std::int64_t limit) { return ExampleInput{{DType::int32, std::move(s)}, Domain::index, limit}; };
  const std::vector<OpExample> examples = {
      {"matmul", {any({128, 784}), any({784, 512})}, {}},
      {"matmul", {any({784, 128}), any({784, 129})}, {{"transpose_a", std::int64_t{1}}}},
      {"matmul", {any({5, 1, 33, 40}), any({5, 7, 40, 21})}, {}},
      {"transpose", {any({1000, 701})}, {{"axes", Integers{1, 0}}}},
      {"transpose", {any({8, 50, 4, 60})}, {{"axes", Integers{0, 2, 1, 3}}}},
      {"transpose", {any({33, 3, 65})}, {{"axes", Integers{2, 1, 0}}}},
      {"concatenate", {any({200, 90}), any({200, 61})}, {{"axis", std::int64_t{1}}}},
      {"gather", {any({1000, 50}), index({3000}, 1000)}, {}},
      {"scatter_add", {index({5000}, 40), any({5000, 65})}, {{"shape", Shape{40, 65}}}},
      {"scatter_add", {index({70000}, 3), any({70000, 4})}, {{"shape", Shape{3, 4}}}},
      {"add", {any({3000, 301}), any({301})}, {}},
  };
  for (const OpExample& example : examples) {
    auto built = example_graph(example, false);
    check_case(*device.backend, case_of(std::string(example.op), std::make_shared<Graph>(std::move(built->graph)), built->inputs), 2e-5);
  }
}

class CudaRegions : public OnDevices {};
STRATA_ON_DEVICES(CudaRegions);

TEST_P(CudaRegions, gemm_with_bias_and_relu_is_one_call) {
  for (const auto& [m, k, n] : {std::tuple{128, 784, 512}, {5, 3, 10}, {33, 70, 1}})
    for (const bool with_relu : {false, true}) {
      auto graph = std::make_shared<Graph>();
      const TensorType xt{DType::float32, {m, k}}, wt{DType::float32, {k, n}}, bt{DType::float32, {n}};
      const Value y = matmul(graph->input("x", xt), graph->input("w", wt)) + graph->input("b", bt);
      graph->outputs = {port(with_relu ? relu(y) : y)};
      const RegionCase c = case_of("matmul + bias", graph, {{"x", example_tensor({xt}, 1)}, {"w", example_tensor({wt}, 2)}, {"b", example_tensor({bt}, 3)}});
      std::vector<Refusal> refusals;
      ASSERT_FALSE(device.backend->candidates(c.region, refusals).empty()) << refusals.at(0).reason;
      check_case(*device.backend, c, 2e-5);
    }
}

TEST_P(CudaRegions, gemm_adds_another_matrix_before_the_bias_and_relu) {
  for (const DType t : {DType::float32, DType::float64, DType::bfloat16, DType::float16})
    for (const bool with_bias : {false, true})
      for (const bool with_relu : {false, true}) {
        auto graph = std::make_shared<Graph>();
        const TensorType xt{t, {33, 70}}, wt{t, {70, 24}}, bt{t, {24}}, ct{t, {33, 24}};
        Value y = matmul(graph->input("x", xt), graph->input("w", wt));
        std::map<std::string, Tensor> values{{"x", example_tensor({xt}, 1)}, {"w", example_tensor({wt}, 2)}, {"c", example_tensor({ct}, 4)}};
        if (with_bias) {
          y = y + graph->input("b", bt);
          values["b"] = example_tensor({bt}, 3);
        }
        y = y + graph->input("c", ct);
        graph->outputs = {port(with_relu ? relu(y) : y)};
        const RegionCase c = case_of("matmul + sum of " + std::string(name_of(t)), graph, values);
        std::vector<Refusal> refusals;
        const auto found = device.backend->candidates(c.region, refusals);
        ASSERT_FALSE(found.empty()) << refusals.at(0).reason;
        EXPECT_FALSE(found[0].in_place.empty());
        check_case(*device.backend, c, tolerance_of(t));
      }
}

// The gradients of a dense layer's kernel and bias; the kernel may be used transposed, and dy may have several axes of rows.
TEST_P(CudaRegions, a_bias_gradient_goes_along_with_its_kernels) {
  int taken = 0;
  for (const DType t : {DType::float32, DType::bfloat16, DType::float16})
    for (const auto& [rows, features, units] : {std::tuple{128, 96, 64}, {24, 16, 8}, {6, 5, 3}})
      for (const bool is_transposed : {false, true})
        for (const bool has_axes : {false, true}) {
          auto graph = std::make_shared<Graph>();
          const TensorType xt{t, {rows, features}}, dt{t, {rows, units}};
          const Value x = graph->input("x", xt), dy = graph->input("dy", dt);
          const Value dw = is_transposed ? matmul(dy, x, true) : matmul(x, dy, true);
          const Value db = has_axes ? sum(reshape(dy, Shape{2, rows / 2, units}), Axes{0, 1}) : sum(dy, Axes{0});
          graph->outputs = {port(db), port(dw)};
          const RegionCase c = case_of("gradients of a dense layer in " + std::string(name_of(t)), graph, {{"x", example_tensor({xt}, 1)}, {"dy", example_tensor({dt}, 2)}});
          std::vector<Refusal> refusals;
          taken += static_cast<int>(device.backend->candidates(c.region, refusals).size());
          check_case(*device.backend, c, tolerance_of(t) * 4);
        }
  EXPECT_GT(taken, 0);
}

// Widths that fill a row of bits, that do not, and that are no multiple of a byte. On sums of halves, exact in every dtype: a kernel
// that rounds less than the reference opens a gate for what the reference rounds to 0.
TEST_P(CudaRegions, relus_gradient_goes_into_the_product_before_it) {
  const auto whole = [](const TensorType& type, std::uint64_t seed, double more = 0) {
    const Tensor integers = example_tensor({{DType::int32, type.shape}, Domain::index, 3}, seed);
    Tensor t(type.dtype, type.shape.values());
    for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, integers.at(i) - 1 + more);
    return t;
  };
  for (const DType t : {DType::float32, DType::bfloat16, DType::float16})
    for (const auto& [rows, features, units] : {std::tuple{128, 96, 256}, {5, 7, 130}, {33, 24, 8}, {3, 2, 5}}) {
      Graph graph;
      const TensorType xt{t, {rows, features}}, wt{t, {features, units}}, bt{t, {units}}, dt{t, {rows, 9}}, next{t, {units, 9}};
      const Value y = graph.add("matmul_relu", {graph.input("x", xt), graph.input("w", wt), graph.input("b", bt)});
      const Value dx = graph.add("matmul_gated", {graph.input("d", dt), graph.input("next", next), Value(&graph, y.node(), 1)},
                                 {{"transpose_b", std::int64_t{1}}});
      graph.outputs = {port(y), port(dx)};
      std::set<std::string> covered;
      check_graph(*device.backend, graph,
                  {{"x", whole(xt, 1)}, {"w", whole(wt, 2)}, {"b", whole(bt, 3, 0.5)}, {"d", whole(dt, 4)}, {"next", whole(next, 5)}}, t, covered);
      EXPECT_THAT(covered, testing::UnorderedElementsAre("matmul_relu", "matmul_gated")) << rows << " rows of " << units << " in " << name_of(t);
    }
}

TEST_P(CudaRegions, products_round_their_operands_to_tf32_where_it_is_asked_for) {
  const BackendOptions options{.tensor_float32 = true};
  const CudaDevice rounding = GetParam() == std::string_view("emulated") ? emulated_device(options) : cuda_device(options);
  EXPECT_THAT(rounding.backend->description(), testing::EndsWith(", TF32"));
  auto graph = std::make_shared<Graph>();
  const TensorType t{DType::float32, {64, 64}};
  graph->outputs = {port(matmul(graph->input("a", t), graph->input("b", t)))};
  const RegionCase c = case_of("matmul", graph, {{"a", example_tensor({t}, 1)}, {"b", example_tensor({t}, 2)}});
  const auto product = [&](Backend& backend, bool in_tf32) {
    std::vector<Refusal> refusals;
    const Candidate candidate = backend.candidates(c.region, refusals).at(0);
    EXPECT_EQ(candidate.name, in_tf32 ? "cublaslt in tf32" : "cublaslt");
    return run_candidate(backend, c.region, candidate, {bytes_of(c.inputs[0]), bytes_of(c.inputs[1])});
  };
  const Bytes whole = product(*device.backend, false), rounded = product(*rounding.backend, true);
  EXPECT_NE(whole, rounded);
  expect_close(c.expected[0], rounded[0], tolerance_of(DType::float16), "a product in tf32");
}

// As relu does wherever it stands: a loss that is not a number is noticed.
TEST_P(CudaRegions, relu_behind_a_gemm_passes_not_a_number_on) {
  auto graph = std::make_shared<Graph>();
  const TensorType xt{DType::float32, {32, 16}}, wt{DType::float32, {16, 64}}, bt{DType::float32, {64}};
  graph->outputs = {port(relu(matmul(graph->input("x", xt), graph->input("w", wt)) + graph->input("b", bt)))};
  Tensor x = example_tensor({xt}, 1);
  x.set(5, std::nan(""));
  check_case(*device.backend, case_of("matmul + bias + relu of NaN", graph, {{"x", x}, {"w", example_tensor({wt}, 2)}, {"b", example_tensor({bt}, 3)}}), 2e-5);
}

class CudaMemory : public OnDevices {};
STRATA_ON_DEVICES(CudaMemory);

TEST_P(CudaMemory, that_there_is_not_is_null) {
  EXPECT_EQ(device.backend->allocate(std::size_t{1} << 45), nullptr);
  void* const some = device.backend->allocate(1 << 20);
  ASSERT_NE(some, nullptr);
  std::vector<char> zeros(1 << 20, 1);
  device.backend->copy_out(zeros.data(), some, zeros.size());
  EXPECT_EQ(zeros, std::vector<char>(1 << 20, 0));
  std::vector<char> numbers(1 << 20);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<char>(i * 7);
  device.backend->copy_in(some, numbers.data(), numbers.size());
  device.backend->copy_out(zeros.data(), some, zeros.size());
  EXPECT_EQ(zeros, numbers);
  device.backend->release(some, 1 << 20);
}

}  // namespace
}  // namespace strata
