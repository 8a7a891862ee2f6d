// Kernels of convolutions with their filters first: turned together before a step, their gradients together behind it, and once where
// they are steady.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/ops.h>
#include "src/graph/gradient.h"
#include "tests/cuda/compiled.h"

namespace strata {
namespace {

using testing::Contains;

class Transposes : public CompiledOnDevices {
 protected:
  static std::vector<const PlannedStep*> transposing(const Plan& plan) {
    std::vector<const PlannedStep*> found;
    for (const PlannedStep& s : plan.steps)
      if (s.ops.find("transpose") != s.ops.npos) found.push_back(&s);
    return found;
  }
};
STRATA_ON_DEVICES(Transposes);

TEST_P(Transposes, of_all_kernels_are_one_call_and_those_of_their_gradients_another) {
  constexpr int layers = 60;  // more than one launch copies
  Network network;
  const Value x = network.input("x", {2, 4, 4, 3});
  std::vector<Value> kernels, ys, dys;
  for (int i = 0; i < layers; ++i) {
    const std::int64_t size = i % 2 ? 1 : 3;
    const std::string number = std::to_string(i);
    kernels.push_back(network.input("k" + number, {size, size, 3, 2 + i % 7}));
    ys.push_back(square(convolution(x, kernels.back(), {.size = {size, size}})));  // whose gradient waits for it
    dys.push_back(network.input("d" + number, ys.back().shape()));
    network.graph.outputs.push_back(port(ys.back()));
  }
  for (const Value& d : gradients(ys, kernels, dys)) network.graph.outputs.push_back(port(d));
  const SharedPlan plan = plan_of(network.graph);
  const auto found = transposing(*plan);
  ASSERT_EQ(found.size(), 2u);
  for (const PlannedStep* s : found) {
    EXPECT_EQ(s->kernel, "60 transposes");
    EXPECT_THAT(s->alternatives, Contains(split_choice));
  }
  expect_right(plan, network);
  expect_right(plan_of(network.graph, {.choices = {{found[0]->signature, split_choice}}}), network);
}

TEST_P(Transposes, of_steady_kernels_are_done_once) {
  Network network;
  Value y = network.input("x", {2, 6, 6, 3});
  for (const std::int64_t filters : {4, 5}) {
    const Shape kernel{3, 3, y.dim(-1), filters};
    y = convolution(y, network.graph.constant(example_tensor({{DType::float32, kernel}}, 7)), {.size = {3, 3}});
  }
  network.graph.outputs = {port(y)};
  const SharedPlan plan = plan_of(network.graph);
  const auto found = transposing(*plan);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0]->once);
  expect_right(plan, network);
}

TEST_P(Transposes, of_large_arrays_and_of_what_follows_from_another_stay_alone) {
  Network network;
  const Value large = network.input("large", {500, 600}), small = network.input("small", {6, 7, 8}), turned = transpose(small, {2, 1, 0});
  for (const Value& v : {transpose(large, {1, 0}), transpose(tanh(turned), {0, 2, 1}), transpose(network.input("other", {3, 4}), {1, 0})})
    network.graph.outputs.push_back(port(v));
  const SharedPlan plan = plan_of(network.graph);
  EXPECT_EQ(transposing(*plan).size(), 3u);
  EXPECT_THAT(kernels(*plan), Contains("2 transposes"));
  expect_right(plan, network);
}

}  // namespace
}  // namespace strata
