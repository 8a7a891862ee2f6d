// What cuDNN computes, with its gradients, against the reference.
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cpu/close.h"
#include "tests/cuda/convolutions.h"
#include "tests/cuda/parity.h"
#include "tests/cuda/plugin.h"

namespace strata {
namespace {

using Bytes = std::vector<std::vector<char>>;

// At aligned addresses and not.
void check_case(Backend& device, const RegionCase& c, double tolerance) {
  Bytes inputs;
  for (const Tensor& t : c.inputs) inputs.push_back(bytes_of(t));
  std::vector<Refusal> refusals;
  const auto found = device.candidates(c.region, refusals);
  ASSERT_FALSE(found.empty()) << c.what << ": " << refusals.at(0).reason;
  for (const std::size_t shift : {0, 8}) {
    const Bytes got = run_candidate(device, c.region, found[0], inputs, nullptr, shift);
    for (std::size_t i = 0; i < got.size(); ++i) expect_close(c.expected[i], got[i], tolerance, c.what + " by " + found[0].name);
  }
}

class CudnnKernels : public OnDevices {};
STRATA_ON_DEVICES(CudnnKernels);

TEST_P(CudnnKernels, agree_with_the_reference_on_every_convolution) {
  for (const DType t : {DType::float32, DType::bfloat16, DType::float16})
    for (const RegionCase& c : convolution_cases(t)) check_case(*device.backend, c, 10 * tolerance_of(t));
}

TEST_P(CudnnKernels, agree_with_the_reference_with_bias_sum_and_relu) {
  for (const std::int64_t channels : {1, 3, 16})
    for (const PaddingMode padding : {PaddingMode::valid, PaddingMode::same})
      for (const std::int64_t stride : {1, 2})
        for (const Epilogue& epilogue : all_epilogues()) check_case(*device.backend, convolution_case(channels, stride, padding, epilogue), 2e-5);
}

// Not a number goes through relu.
TEST_P(CudnnKernels, pass_what_is_not_a_number_on) {
  RegionCase c = convolution_case(16, 1, PaddingMode::same, {.bias = true, .relu = true});
  c.inputs[0].set(5, NAN);
  c.expected = interpret(*c.graph, {{"x", c.inputs[0]}, {"k", c.inputs[1]}, {"b", c.inputs[2]}});
  check_case(*device.backend, c, 2e-5);
}

// The gradient reads what the forward kernel left.
TEST_P(CudnnKernels, agree_with_the_reference_on_lstm_and_its_gradient) {
  for (const auto& [steps, batch, features, units] : {std::tuple{4, 2, 3, 5}, {1, 3, 2, 2}, {3, 1, 1, 16}, {12, 20, 10, 32}, {6, 150, 30, 48}}) {
    const auto any = [](Shape s) { return ExampleInput{{DType::float32, std::move(s)}}; };
    const auto built = example_graph({"lstm",
                                      {any({steps, batch, features}), any({batch, units}), any({batch, units}), any({features, 4 * units}),
                                       any({units, 4 * units}), any({4 * units})},
                                      {{"has_mask", std::int64_t{0}}}},
                                     true);
    const std::vector<std::vector<Tensor>> made = interpret_nodes(built->graph, built->inputs);
    Bytes left;  // the forward kernel's outputs
    std::int32_t forward = -1;
    int ran = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const OpNode& n = built->graph.node(static_cast<std::int32_t>(i));
      if (n.op->name != "lstm" && n.op->name != "lstm_gradient") continue;
      Bytes inputs;
      for (const Port& p : n.inputs)
        inputs.push_back(p.node == forward && p.output >= 3 ? left[static_cast<std::size_t>(p.output)]
                                                            : bytes_of(made[static_cast<std::size_t>(p.node)][static_cast<std::size_t>(p.output)]));
      const Region region = region_of(built->graph, n);
      std::vector<Refusal> refusals;
      const auto found = device.backend->candidates(region, refusals);
      ASSERT_FALSE(found.empty()) << refusals.at(0).reason;
      EXPECT_EQ(found[0].pair, "cudnn");
      const Bytes got = run_candidate(*device.backend, region, found[0], inputs);
      for (std::size_t o = 0; o < got.size(); ++o)
        if (n.op->name == "lstm_gradient" || o < 3) expect_close(made[i][o], got[o], 2e-5, std::string(n.op->name) + ", output " + std::to_string(o));
      if (n.op->name == "lstm") left = got, forward = static_cast<std::int32_t>(i);
      ++ran;
    }
    EXPECT_EQ(ran, 2);
  }
}

// cuDNN rounds the weights of the scores, and their gradients, once more than the reference does.
TEST_P(CudnnKernels, agree_with_the_reference_on_attention_and_its_gradient) {
  std::set<std::string> covered;
  for (const DType t : {DType::bfloat16, DType::float16})
    for (const bool causal : {false, true})
      for (const auto& [rows, queries, keys, heads, size] : {std::tuple{2, 5, 5, 3, 8}, {2, 64, 64, 2, 64}, {1, 33, 200, 2, 16}, {3, 130, 70, 1, 128}}) {
        const Shape q{rows, queries, heads, size}, k{rows, keys, heads, size};
        check_example(*device.backend, {"attention", {{{t, q}}, {{t, k}}, {{t, k}}}, {{"scale", 0.25}, {"causal", std::int64_t{causal}}, {"has_mask", std::int64_t{0}}}}, t,
                      covered, 2);
      }
  EXPECT_THAT(covered, testing::IsSupersetOf({"attention", "attention_gradient"}));
}

TEST_P(CudnnKernels, agree_with_the_reference_on_batch_norm_and_its_gradient) {
  std::set<std::string> covered;
  for (const DType t : {DType::float32, DType::bfloat16, DType::float16})
    for (const Shape& x : {Shape{32, 8}, Shape{8, 6, 5, 16}, Shape{4, 3, 6, 5, 64}, Shape{2000, 256}}) {
      const ExampleInput channels{{DType::float32, {x[-1]}}};
      check_example(*device.backend, {"batch_norm", {{{t, x}}, channels, channels}, {{"epsilon", 1e-3}}}, t, covered, 10);
    }
  EXPECT_THAT(covered, testing::IsSupersetOf({"batch_norm", "batch_norm_gradient"}));
}

}  // namespace
}  // namespace strata
