// Recorded choices: a plan takes them, the same ones lead to the same plan, and what cannot be served is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/compile/backends.h"
#include "src/compile/plan.h"
#include "src/compile/plan_store.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

// x (8, 4) by w (4, 3), then what an epilogue may be.
Graph dense_graph(std::int64_t units = 3) {
  Graph g;
  const Value x = g.input("x", {DType::float32, {8, 4}}), w = g.input("w", {DType::float32, {4, units}}), b = g.input("b", {DType::float32, {units}});
  g.outputs.push_back(port(relu(matmul(x, w) + b)));
  return g;
}
Graph product_graph() {
  Graph g;
  g.outputs.push_back(port(matmul(g.input("x", {DType::float32, {8, 4}}), g.input("w", {DType::float32, {4, 3}}))));
  return g;
}

std::shared_ptr<const Plan> plan_of(const Graph& graph, Choices choices = {}, Backend& backend = *open_backend("cpu")) {
  CompileOptions options;
  options.choices = std::move(choices);
  return compile(graph, backend, reference_backend(), {}, options);
}

constexpr const char* product = "float32(8,4) float32(4,3): matmul(x0,x1) -> %0";

}  // namespace

TEST(Choices, ARegionTakesTheKernelThatWasRecorded) {
  const auto usual = plan_of(product_graph());
  ASSERT_EQ(usual->choices.size(), 1u);
  ASSERT_TRUE(usual->choices.count(product)) << usual->choices.begin()->first;
  ASSERT_NE(usual->choices.at(product), "reference matmul");
  const auto other = plan_of(product_graph(), {{product, "reference matmul"}});
  EXPECT_EQ(other->choices.at(product), "reference matmul");
  EXPECT_EQ(other->steps.at(0).kernel, "reference matmul");
  EXPECT_TRUE(other->unserved.empty());
}

TEST(Choices, WhatIsNotThereIsNamedAndTheUsualKernelRuns) {
  const auto usual = plan_of(product_graph());
  const auto plan = plan_of(product_graph(), {{product, "tensor cores"}});
  EXPECT_EQ(plan->choices, usual->choices);
  EXPECT_EQ(plan->unserved, (Choices{{product, "tensor cores"}}));
}

TEST(Choices, ARecordedSplitSplits) {
  const auto whole = plan_of(dense_graph());
  ASSERT_EQ(whole->steps.size(), 1u);
  const std::string region = whole->steps[0].signature;
  EXPECT_EQ(region, "float32(8,4) float32(4,3) float32(3): matmul(x0,x1) add(%0,x2) relu(%1) -> %2");
  const auto split = plan_of(dense_graph(), {{region, split_choice}});
  EXPECT_GT(split->steps.size(), 1u);
  EXPECT_EQ(split->choices.at(region), split_choice);
  EXPECT_TRUE(split->unserved.empty());
  // A single primitive cannot be split.
  EXPECT_EQ(plan_of(product_graph(), {{product, split_choice}})->unserved, (Choices{{product, split_choice}}));
}

TEST(Choices, AFusedRegionThatNoKernelTakesHereIsNamed) {
  const Choices recorded = plan_of(dense_graph())->choices;
  const auto plan = plan_of(dense_graph(), recorded, reference_backend());  // it fuses nothing
  ASSERT_EQ(plan->unserved.size(), 1u);
  EXPECT_EQ(plan->unserved.begin()->second, recorded.begin()->second);
}

// Every op with its gradient, on a plan whose choices are those of the plan before: they lead to the same one.
TEST(Choices, AllThatAPlanChoseLeadsToTheSamePlan) {
  for (const OpExample& example : op_examples(DType::float32)) {
    SCOPED_TRACE(std::string(example.op));
    const auto e = example_graph(example, true);
    const auto plan = plan_of(e->graph);
    const auto again = plan_of(e->graph, plan->choices);
    EXPECT_TRUE(again->unserved.empty());
    EXPECT_EQ(again->choices, plan->choices);
    std::vector<std::string> kernels, kernels_again;
    for (const PlannedStep& s : plan->steps) kernels.push_back(s.signature + " by " + s.kernel);
    for (const PlannedStep& s : again->steps) kernels_again.push_back(s.signature + " by " + s.kernel);
    EXPECT_EQ(kernels, kernels_again);
  }
}

TEST(PlanStore, EqualGraphsShareAPlanWhileSomebodyHoldsIt) {
  Backend& cpu = *open_backend("cpu");
  const auto stored = [&](const Graph& g, const CompileOptions& options = {}) { return shared_plan(g, cpu, reference_backend(), {}, options); };
  std::weak_ptr<const Plan> weak;
  {
    const auto a = stored(dense_graph()), b = stored(dense_graph());
    EXPECT_EQ(a, b);
    EXPECT_NE(a, stored(dense_graph(5)));
    EXPECT_NE(a, shared_plan(dense_graph(), reference_backend(), reference_backend(), {}));
    CompileOptions other;
    other.fuse = false;
    EXPECT_NE(a, stored(dense_graph(), other));
    other = {};
    other.choices = {{product, "reference matmul"}};
    EXPECT_NE(a, stored(dense_graph(), other));
    weak = a;
  }
  EXPECT_TRUE(weak.expired());
}

TEST(PlanStore, ConstantsThatDifferArePlansThatDiffer) {
  const auto graph = [](float first) {
    Graph g;
    const Value x = g.input("x", {DType::float32, {3}});
    g.outputs.push_back(port(x + constant(x, Tensor::of<float>({3}, {first, 2, 3}))));
    return g;
  };
  Backend& cpu = *open_backend("cpu");
  const auto a = shared_plan(graph(1), cpu, reference_backend(), {}), b = shared_plan(graph(1), cpu, reference_backend(), {});
  EXPECT_EQ(a, b);
  EXPECT_NE(a, shared_plan(graph(4), cpu, reference_backend(), {}));
}

}  // namespace strata
