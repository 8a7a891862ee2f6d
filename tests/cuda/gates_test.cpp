// relu's gradient in the product before it: the compiler finds it where it is, and a choice takes it apart again.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/ops.h>
#include "backend/reference/reference.h"
#include "src/compile/interpreter.h"
#include "src/compile/passes.h"
#include "src/compile/plan.h"
#include "src/graph/gradient.h"
#include "tests/cpu/close.h"
#include "tests/cuda/plugin.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

using testing::Contains;
using testing::Not;

Backend& reference() {
  static const std::unique_ptr<Backend> backend = make_reference_backend();
  return *backend;
}

// Two dense layers behind one with relu; `between` is what the second reads of the first.
struct Network {
  Graph graph;
  std::map<std::string, Tensor> inputs;

  explicit Network(const std::function<Value(Value)>& between = [](Value y) { return y; }, bool has_bias = true) {
    const Value x = input("x", {12, 10}), w = input("w", {10, 20}), v = input("v", {20, 4}), dy = input("dy", {12, 4});
    const Value product = matmul(x, w), hidden = relu(has_bias ? product + input("b", {20}) : product);
    const Value y = matmul(between(hidden), v);
    graph.outputs = {port(y)};
    for (const Value& d : gradients(std::vector{y}, std::vector{x, w, v}, std::vector{dy})) graph.outputs.push_back(port(d));
  }

 private:
  Value input(const std::string& name, Shape shape) {
    const TensorType type{DType::float32, std::move(shape)};
    inputs[name] = example_tensor({type}, inputs.size() + 1);
    return graph.input(name, type);
  }
};

class Gates : public OnDevices {
 protected:
  std::shared_ptr<const Plan> plan_of(const Graph& graph, const CompileOptions& options = {}) { return compile(graph, *device.backend, reference(), {}, options); }
  std::vector<Tensor> computed(const std::shared_ptr<const Plan>& plan, const std::map<std::string, Tensor>& inputs) {
    Arena arena(*device.backend);
    strata::Run step(plan, *device.backend, arena, {});
    for (std::size_t i = 0; i < plan->inputs.size(); ++i) step.set_input(i, inputs.at(plan->inputs[i].name));
    step();
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < plan->outputs.size(); ++i) outputs.push_back(step.output(i));
    return outputs;
  }
  void expect_right(const std::shared_ptr<const Plan>& plan, const Network& network) {
    const std::vector<Tensor> expected = interpret(network.graph, network.inputs), found = computed(plan, network.inputs);
    for (std::size_t i = 0; i < expected.size(); ++i) expect_close(expected[i], bytes_of(found[i]), 1e-5, "output " + std::to_string(i));
  }
  static std::vector<std::string> kernels(const Plan& plan) {
    std::vector<std::string> names;
    for (const PlannedStep& s : plan.steps) names.push_back(s.kernel);
    return names;
  }
};
STRATA_ON_DEVICES(Gates);

TEST_P(Gates, are_kept_for_the_product_of_the_layer_behind) {
  const Network network;
  const auto plan = plan_of(network.graph);
  EXPECT_THAT(kernels(*plan), Contains("cublaslt + bias + relu + gate"));
  EXPECT_THAT(kernels(*plan), Contains("cublaslt gated"));
  EXPECT_THAT(kernels(*plan), Not(Contains("pointwise")));
  expect_right(plan, network);
}

TEST_P(Gates, are_taken_apart_by_choice) {
  const Network network;
  const auto whole = plan_of(network.graph);
  const auto gated = std::find_if(whole->steps.begin(), whole->steps.end(), [](const PlannedStep& s) { return s.ops == "matmul_relu"; });
  ASSERT_NE(gated, whole->steps.end());
  EXPECT_THAT(gated->alternatives, Contains(split_choice));
  const auto parts = plan_of(network.graph, {.choices = {{gated->signature, split_choice}}});
  EXPECT_THAT(kernels(*parts), Not(Contains("cublaslt gated")));
  EXPECT_TRUE(parts->unserved.empty());
  expect_right(parts, network);
  // What was recorded gives the same plan again.
  EXPECT_EQ(kernels(*plan_of(network.graph, {.choices = parts->choices})), kernels(*parts));
  EXPECT_EQ(kernels(*plan_of(network.graph, {.choices = whole->choices})), kernels(*whole));
}

TEST_P(Gates, are_left_out_where_something_stands_between_or_else_reads_the_product) {
  for (const auto& between : std::vector<std::function<Value(Value)>>{[](Value y) { return y * 2; }, [](Value y) { return y + reverse(y, 0); }}) {
    const Network network(between);
    const auto plan = plan_of(network.graph);
    EXPECT_THAT(kernels(*plan), Not(Contains("cublaslt gated")));
    expect_right(plan, network);
  }
  EXPECT_THAT(kernels(*plan_of(Network([](Value y) { return y; }, false).graph)), Not(Contains("cublaslt gated")));
  EXPECT_THAT(kernels(*plan_of(Network().graph, {.fuse = false, .choices = {}})), Not(Contains("cublaslt gated")));
}

TEST(Gate, is_nothing_to_a_backend_without_a_kernel) { EXPECT_FALSE(gate(Network().graph, reference())); }

}  // namespace
}  // namespace strata
