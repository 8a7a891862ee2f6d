// The plans that cuDNN makes for an A100 and for an H200, which it does without one. Nothing runs.
#include <algorithm>
#include <set>
#include <stdexcept>
#include <variant>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cuda/convolutions.h"
#include "tests/cuda/plugin.h"

namespace strata {
namespace {

using testing::HasSubstr;

bool has_frontend(Backend& planner) {
  const RegionCase c = convolution_case(16, 1, PaddingMode::same);
  std::vector<Refusal> refusals;
  planner.candidates(c.region, refusals);
  return std::none_of(refusals.begin(), refusals.end(), [](const Refusal& r) { return r.reason.find("without cudnn-frontend") != r.reason.npos; });
}
#define STRATA_NEEDS_FRONTEND(planner) \
  if (!has_frontend(planner)) GTEST_SKIP() << "this build is without cudnn-frontend's headers"

TEST(CudnnPlans, every_convolution_has_an_engine) {
  for (const int capability : {80, 90}) {
    const auto planner = cuda_planner(capability);
    STRATA_NEEDS_TOOLKIT(planner);
    STRATA_NEEDS_FRONTEND(*planner);
    for (const DType t : {DType::float32, DType::bfloat16, DType::float16}) {
      int all = 0;
      std::set<std::string> ops;
      for (const RegionCase& c : convolution_cases(t)) {
        std::vector<Refusal> refusals;
        const auto found = planner->candidates(c.region, refusals);
        ASSERT_EQ(found.size(), 1u) << c.what << " of " << name_of(t) << " on " << capability << ": " << refusals.at(0).reason;
        const auto kernel = found[0].prepare();
        std::vector<void*> addresses(4, &all);
        EXPECT_THROW(kernel->bind(addresses, addresses, {.scratch = &all}), std::runtime_error);  // a plan alone
        ops.insert(std::string(c.region.ops[0].name));
        ++all;
      }
      EXPECT_GT(all, 60);
      EXPECT_EQ(ops.size(), 3u);
    }
  }
}

TEST(CudnnPlans, float32_is_rounded_to_tf32_where_it_is_asked_for) {
  for (const bool asked : {false, true}) {
    const auto planner = cuda_planner(90, asked);
    STRATA_NEEDS_TOOLKIT(planner);
    STRATA_NEEDS_FRONTEND(*planner);
    EXPECT_EQ(planner->description().ends_with(", TF32"), asked);
    for (const DType t : {DType::float32, DType::bfloat16}) {
      std::set<std::string> ops;
      for (const RegionCase& c : convolution_cases(t)) {
        if (!ops.insert(std::string(c.region.ops[0].name)).second) continue;
        std::vector<Refusal> refusals;
        const auto found = planner->candidates(c.region, refusals);
        ASSERT_EQ(found.size(), 1u) << c.what << ": " << refusals.at(0).reason;
        EXPECT_EQ(found[0].name.ends_with(" in tf32"), asked && t == DType::float32) << found[0].name;
      }
      EXPECT_EQ(ops.size(), 3u);
    }
  }
}

TEST(CudnnPlans, bias_sum_and_relu_are_the_engines_own) {
  const auto planner = cuda_planner(90);
  STRATA_NEEDS_TOOLKIT(planner);
  STRATA_NEEDS_FRONTEND(*planner);
  for (const Epilogue& e : all_epilogues()) {
    const RegionCase c = convolution_case(16, 2, PaddingMode::same, e);
    const std::string name = std::string("cudnn convolution") + (e.sum ? " + sum" : "") + (e.bias ? " + bias" : "") + (e.relu ? " + relu" : "");
    std::vector<Refusal> refusals;
    const auto found = planner->candidates(c.region, refusals);
    ASSERT_EQ(found.size(), 1u) << name << ": " << refusals.at(0).reason;
    EXPECT_EQ(found[0].name, name);
  }
}

TEST(CudnnPlans, refusals_say_why) {
  const auto planner = cuda_planner(90), unknown = cuda_planner(75);
  STRATA_NEEDS_TOOLKIT(planner);
  STRATA_NEEDS_FRONTEND(*planner);
  const auto reason = [](Backend& backend, const Region& region) {
    std::vector<Refusal> refusals;
    EXPECT_TRUE(backend.candidates(region, refusals).empty());
    return refusals.empty() ? std::string() : refusals[0].reason;
  };
  EXPECT_THAT(reason(*unknown, convolution_case(16, 1, PaddingMode::same).region), HasSubstr("there is no device to ask"));
  Graph g;
  const Value x = g.input("x", {DType::float32, {2, 6, 6, 4}}), k = g.input("k", {DType::float32, {3, 3, 4, 5}});
  const Value y = convolution(x, k, {});
  g.outputs = {port(y)};
  EXPECT_THAT(reason(*planner, region_of(g)), HasSubstr("its kernel has its filters last"));
  g.outputs = {port(tanh(y))};
  EXPECT_THAT(reason(*planner, region_of(g)), HasSubstr("its epilogue is not a bias, a sum and relu"));
  for (const DType t : {DType::float32, DType::bfloat16})
    for (const RegionCase& c : example_cases(t, [](const Op& op) { return op.name == "lstm"; })) {
      Region region = c.region;
      region.outputs.clear();
      for (int i = 0; i < 5; ++i) region.outputs.push_back({0, i});  // hidden ones too
      const bool has_mask = region.inputs.size() == 7;
      EXPECT_THAT(reason(*planner, region),
                  HasSubstr(has_mask ? "cuDNN takes no mask" : t == DType::float32 ? "there is no device to ask" : "does not compute in bfloat16"));
    }
}

// A norm or an attention and its gradient, without numbers.
struct ForwardAndGradient {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  Region forward, gradient;
};
template <class F>
ForwardAndGradient with_gradient(std::string_view op, const std::vector<TensorType>& types, F build) {
  ForwardAndGradient made;
  Graph& g = *made.graph;
  std::vector<Value> xs;
  for (std::size_t i = 0; i < types.size(); ++i) xs.push_back(g.input("x" + std::to_string(i), types[i]));
  const std::vector<Value> ys{build(xs)}, cotangents{g.input("dy", {ys[0].dtype(), ys[0].shape()})};
  gradients(ys, xs, cotangents);
  for (const OpNode& n : g.nodes()) {
    if (n.op->name == op) made.forward = region_of(g, n);
    if (n.op->forward == op) made.gradient = region_of(g, n);
  }
  return made;
}

// The candidate of cuDNN's for a region, or why there is none.
std::variant<Candidate, std::string> by_cudnn(Backend& backend, const Region& region) {
  std::vector<Refusal> refusals;
  for (Candidate& c : backend.candidates(region, refusals))
    if (c.name.starts_with("cudnn")) return std::move(c);
  for (const Refusal& r : refusals)
    if (r.kernel.ends_with("cudnn")) return r.reason;
  return "cuDNN was not asked";
}

// For engines that compile kernels when they are chosen: from now on there is a driver in this process, be it one that runs nothing.
void with_any_driver() {
  static void* const driver = [] {
    void* const installed = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    return installed != nullptr ? installed : dlopen(STRATA_STAND_IN_DRIVER, RTLD_NOW | RTLD_GLOBAL);  // found by its name from here on
  }();
  if (driver == nullptr) throw std::runtime_error(dlerror());
}

// Norms and attention are engines whose kernels cuDNN compiles when it plans.
class CudnnCompiledPlans : public ::testing::Test {
 protected:
  void SetUp() override {
    STRATA_NEEDS_TOOLKIT(cuda_planner(90));
    with_any_driver();
  }
  // Both directions' candidates, by these names.
  static void expect_found(Backend& planner, const ForwardAndGradient& both, const std::string& name, const std::string& pair, const std::string& what) {
    for (const auto& [region, expected] : {std::pair{both.forward, name}, {both.gradient, name + " gradient"}}) {
      const auto found = by_cudnn(planner, region);
      if (auto* reason = std::get_if<std::string>(&found)) {
        ADD_FAILURE() << expected << " of " << what << ": " << *reason;
        continue;
      }
      const Candidate& candidate = std::get<Candidate>(found);
      EXPECT_EQ(candidate.name, expected) << what;
      EXPECT_EQ(candidate.pair, pair) << what;
      try {  // its kernel is there then
        std::vector<void*> addresses(std::max(region.inputs.size(), region.outputs.size()), nullptr);
        candidate.prepare()->bind(addresses, addresses, {});
        ADD_FAILURE() << expected << " of " << what << " is bound without a device";
      } catch (const std::runtime_error& e) {
        EXPECT_THAT(e.what(), HasSubstr("there is no device")) << expected << " of " << what;
      }
    }
  }
};

// Their channels and heads are few numbers and uneven ones: what is not taken is said in words.
TEST_F(CudnnCompiledPlans, take_each_norm_and_attention_of_the_examples_or_say_why_not) {
  for (const int capability : {80, 90}) {
    const auto planner = cuda_planner(capability);
    for (const DType t : {DType::float32, DType::float64, DType::bfloat16, DType::float16}) {
      std::set<std::string> ops;
      for (const RegionCase& c : node_cases(t, [](std::string_view op) { return op.starts_with("batch_norm") || op.starts_with("attention"); })) {
        const auto found = by_cudnn(*planner, c.region);
        if (auto* reason = std::get_if<std::string>(&found)) {
          EXPECT_THAT(*reason, testing::Not(testing::AnyOf("", "cuDNN was not asked"))) << c.what;
        }
        ops.insert(std::string(c.region.ops[0].name));
      }
      EXPECT_EQ(ops.size(), 4u);
    }
  }
}

TEST_F(CudnnCompiledPlans, refusals_say_why) {
  const auto planner = cuda_planner(90);
  STRATA_NEEDS_FRONTEND(*planner);
  const auto reason = [&](std::string_view op, const std::vector<TensorType>& types, auto build) {
    const ForwardAndGradient both = with_gradient(op, types, build);
    const auto forward = by_cudnn(*planner, both.forward), gradient = by_cudnn(*planner, both.gradient);
    EXPECT_EQ(forward.index() + gradient.index(), 2u);
    return std::get<std::string>(gradient);
  };
  const auto attended = [&](DType t, Shape q) {
    return reason("attention", {{t, q}, {t, q}, {t, q}}, [](const std::vector<Value>& in) { return attention(in[0], in[1], in[2]); });
  };
  EXPECT_THAT(attended(DType::float32, {2, 8, 2, 16}), HasSubstr("takes bfloat16 and float16, not float32"));
  EXPECT_THAT(attended(DType::bfloat16, {2, 8, 2, 12}), HasSubstr("heads of 8, 16, ..., 256 numbers, not of 12 and 12"));
  const TensorType q{DType::bfloat16, {2, 8, 2, 16}};
  EXPECT_THAT(reason("attention", {q, q, q}, [](const std::vector<Value>& in) { return attention(in[0], in[1], in[2], {.mask = full(in[0], {8, 8}, 1, DType::boolean)}); }),
              HasSubstr("it takes no mask"));
  const auto normalized = [&](DType t, Dim channels, DType gamma) {
    return reason("batch_norm", {{t, {64, channels}}, {gamma, {channels}}, {gamma, {channels}}},
                  [](const std::vector<Value>& in) { return batch_norm(in[0], in[1], in[2], 1e-3).y; });
  };
  EXPECT_THAT(normalized(DType::float32, 6, DType::float32), HasSubstr("channels 4 at a time, not 6"));
  EXPECT_THAT(normalized(DType::bfloat16, 12, DType::float32), HasSubstr("channels 8 at a time, not 12"));
  EXPECT_THAT(normalized(DType::bfloat16, 16, DType::bfloat16), HasSubstr("a gamma and beta of float32, not bfloat16"));
}

// Heads of 64 and of 128 numbers, long and short, uneven and across.
TEST_F(CudnnCompiledPlans, are_there_for_the_attention_of_transformers) {
  struct Row { std::int64_t rows, queries, keys, heads, size; bool causal; DType type; };
  for (const int capability : {80, 90}) {
    const auto planner = cuda_planner(capability);
    STRATA_NEEDS_FRONTEND(*planner);
    for (const Row& r : {Row{8, 1024, 1024, 12, 64, true, DType::bfloat16}, Row{8, 1024, 1024, 12, 64, true, DType::float16}, Row{4, 2048, 2048, 16, 128, false, DType::bfloat16},
                         Row{64, 200, 200, 2, 32, false, DType::float16}, Row{32, 128, 77, 8, 40, false, DType::bfloat16}, Row{3, 33, 33, 2, 16, true, DType::float16}}) {
      const Shape q{r.rows, r.queries, r.heads, r.size}, k{r.rows, r.keys, r.heads, r.size};
      const auto both = with_gradient("attention", {{r.type, q}, {r.type, k}, {r.type, k}},
                                      [&](const std::vector<Value>& in) { return attention(in[0], in[1], in[2], {.scale = 0.125, .causal = r.causal}); });
      expect_found(*planner, both, "cudnn attention", "cudnn",
                   q.str() + " and " + k.str() + (r.causal ? ", causal, " : ", ") + std::string(name_of(r.type)) + ", on " + std::to_string(capability));
    }
  }
}

// Of ResNet-20 and ResNet-50.
TEST_F(CudnnCompiledPlans, are_there_for_the_batch_norms_of_residual_networks) {
  for (const int capability : {80, 90}) {
    const auto planner = cuda_planner(capability);
    STRATA_NEEDS_FRONTEND(*planner);
    for (const DType t : {DType::float32, DType::bfloat16, DType::float16})
      for (const Shape& x : {Shape{128, 32, 32, 16}, Shape{128, 8, 8, 64}, Shape{64, 112, 112, 64}, Shape{64, 56, 56, 256}, Shape{64, 7, 7, 2048}}) {
        const TensorType channels{DType::float32, {x[-1]}};
        const auto both = with_gradient("batch_norm", {{t, x}, channels, channels}, [](const std::vector<Value>& in) { return batch_norm(in[0], in[1], in[2], 1e-3).y; });
        expect_found(*planner, both, "cudnn batch norm", "", x.str() + " of " + std::string(name_of(t)) + " on " + std::to_string(capability));
      }
  }
}

}  // namespace
}  // namespace strata
