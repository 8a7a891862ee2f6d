// relu's gradient in the product before it: the compiler finds it where it is, and a choice takes it apart again.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/ops.h>
#include "src/compile/passes.h"
#include "src/graph/gradient.h"
#include "tests/cuda/compiled.h"

namespace strata {
namespace {

using testing::Contains;
using testing::Not;

// Two dense layers, relu behind the first; `between` is what the second reads of it.
Network network(const std::function<Value(Value)>& between = [](Value y) { return y; }, bool has_bias = true) {
  Network n;
  const Value x = n.input("x", {12, 10}), w = n.input("w", {10, 20}), v = n.input("v", {20, 4}), dy = n.input("dy", {12, 4});
  const Value product = matmul(x, w), y = matmul(between(relu(has_bias ? product + n.input("b", {20}) : product)), v);
  n.graph.outputs = {port(y)};
  for (const Value& d : gradients(std::vector{y}, std::vector{x, w, v}, std::vector{dy})) n.graph.outputs.push_back(port(d));
  return n;
}

class Gates : public CompiledOnDevices {};
STRATA_ON_DEVICES(Gates);

TEST_P(Gates, are_kept_for_the_product_of_the_layer_behind) {
  const Network n = network();
  const SharedPlan plan = plan_of(n.graph);
  EXPECT_THAT(kernels(*plan), Contains("cublaslt + bias + relu + gate"));
  EXPECT_THAT(kernels(*plan), Contains("cublaslt gated"));
  EXPECT_THAT(kernels(*plan), Not(Contains("pointwise")));
  expect_right(plan, n);
}

TEST_P(Gates, are_taken_apart_by_choice) {
  const Network n = network();
  const SharedPlan whole = plan_of(n.graph);
  const auto gated = std::find_if(whole->steps.begin(), whole->steps.end(), [](const PlannedStep& s) { return s.ops == "matmul_relu"; });
  ASSERT_NE(gated, whole->steps.end());
  EXPECT_THAT(gated->alternatives, Contains(split_choice));
  const SharedPlan parts = plan_of(n.graph, {.choices = {{gated->signature, split_choice}}});
  EXPECT_THAT(kernels(*parts), Not(Contains("cublaslt gated")));
  EXPECT_TRUE(parts->unserved.empty());
  expect_right(parts, n);
  // What was recorded gives the same plan again.
  EXPECT_EQ(kernels(*plan_of(n.graph, {.choices = parts->choices})), kernels(*parts));
  EXPECT_EQ(kernels(*plan_of(n.graph, {.choices = whole->choices})), kernels(*whole));
}

TEST_P(Gates, are_left_out_where_something_stands_between_or_else_reads_the_product) {
  for (const auto& between : std::vector<std::function<Value(Value)>>{[](Value y) { return y * 2; }, [](Value y) { return y + reverse(y, 0); }}) {
    const Network n = network(between);
    const SharedPlan plan = plan_of(n.graph);
    EXPECT_THAT(kernels(*plan), Not(Contains("cublaslt gated")));
    expect_right(plan, n);
  }
  EXPECT_THAT(kernels(*plan_of(network([](Value y) { return y; }, false).graph)), Not(Contains("cublaslt gated")));
  EXPECT_THAT(kernels(*plan_of(network().graph, {.fuse = false, .choices = {}})), Not(Contains("cublaslt gated")));
}

TEST(Gate, is_nothing_to_a_backend_without_a_kernel) { EXPECT_FALSE(gate(network().graph, reference())); }

}  // namespace
}  // namespace strata
