// What cuDNN is asked for. Shapes, padding and the order of weights are walked through on the host; engines are chosen as on an A100
// and an H200, which cuDNN does without one; what they compute is compared on a device, and skipped by name where there is none.
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/attention_shape.h"
#include "backend/cuda/convolution_shape.h"
#include "backend/cuda/lstm_weights.h"
#include "src/compile/interpreter.h"
#include "tests/cpu/close.h"
#include "tests/cuda/parity.h"
#include "tests/cuda/plugin.h"
#include "tests/cuda/regions.h"

namespace strata {
namespace {

using cuda::AttentionShape;
using cuda::Box;
using cuda::ConvolutionShape;
using cuda::LstmWeights;
using cuda::Strided;
using testing::HasSubstr;
using Integers = std::vector<std::int64_t>;
using Bytes = std::vector<std::vector<char>>;

std::vector<double> numbers(const Tensor& t) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < t.elements(); ++i) all.push_back(t.at(i));
  return all;
}
void walk(const Box& box, const std::vector<double>& from, std::vector<double>& to) {
  for (std::int64_t i = 0; i < box.elements(); ++i) {
    const Box::Places p = box.places(i);
    ASSERT_GE(p.to, 0);
    ASSERT_LT(p.to, static_cast<std::int64_t>(to.size()));
    to[static_cast<std::size_t>(p.to)] = from.at(static_cast<std::size_t>(p.from));
  }
}

bool is_convolution(std::string_view op) { return op.starts_with("convolution"); }

// Every node of the examples' graphs, forward and gradient, that `takes` says yes to by the name of its op.
template <class F>
std::vector<RegionCase> node_cases(DType t, F takes) {
  std::vector<RegionCase> cases;
  for (const OpExample& example : op_examples(t)) {
    if (!takes(example.op)) continue;
    auto built = example_graph(example, true);
    auto graph = std::make_shared<Graph>(std::move(built->graph));
    std::vector<std::vector<Tensor>> made;
    std::map<std::int64_t, Tensor> variables;
    interpret(*graph, built->inputs, variables, [&](const Graph& g, std::int32_t, std::span<const Tensor> outputs) {
      if (&g == graph.get()) made.emplace_back(outputs.begin(), outputs.end());
    });
    for (std::size_t i = 0; i < made.size(); ++i) {
      const OpNode& n = graph->node(static_cast<std::int32_t>(i));
      if (!takes(n.op->name) || (is_convolution(n.op->name) && !n.attributes.flag("filters_first"))) continue;
      RegionCase c{std::string(n.op->name), graph, region_of(*graph, n), {}, made[i]};
      for (const Port& p : n.inputs) {
        c.inputs.push_back(made[static_cast<std::size_t>(p.node)][static_cast<std::size_t>(p.output)]);
        c.what += " " + graph->type(p).shape.str();
      }
      cases.push_back(std::move(c));
    }
  }
  return cases;
}
std::vector<RegionCase> convolution_cases(DType t) {
  return node_cases(t, is_convolution);
}
bool is_attention(std::string_view op) { return op.starts_with("attention"); }

// A convolution as cuDNN defines it, over dense arrays with channels last.
std::vector<double> convolved(const ConvolutionShape& s, const std::vector<double>& x, const std::vector<double>& filters) {
  const Integers of_x = cuda::channels_last(s.x), of_kernel = cuda::channels_last(s.kernel), of_y = cuda::channels_last(s.y);
  const std::int64_t groups = s.x[1] / s.kernel[1];
  const std::size_t spatial = s.strides.size();
  std::vector<double> y(static_cast<std::size_t>(cuda::elements(s.y)));
  const auto each = [&](const Integers& sizes, auto f) {
    Integers at(sizes.size());
    for (std::int64_t i = 0, n = cuda::elements(sizes); i < n; ++i) {
      std::int64_t rest = i;
      for (std::size_t a = sizes.size(); a-- > 0; rest /= sizes[a]) at[a] = rest % sizes[a];
      f(at);
    }
  };
  each(s.y, [&](const Integers& o) {
    double sum = 0;
    each({s.kernel.begin() + 1, s.kernel.end()}, [&](const Integers& k) {
      std::int64_t at_x = o[0] * of_x[0] + (o[1] / (s.y[1] / groups) * s.kernel[1] + k[0]) * of_x[1], at_kernel = o[1] * of_kernel[0] + k[0] * of_kernel[1];
      for (std::size_t a = 0; a < spatial; ++a) {
        const std::int64_t i = o[a + 2] * s.strides[a] + k[a + 1] * s.dilation[a] - s.low[a];
        if (i < 0 || i >= s.x[a + 2]) return;
        at_x += i * of_x[a + 2];
        at_kernel += k[a + 1] * of_kernel[a + 2];
      }
      sum += x.at(static_cast<std::size_t>(at_x)) * filters.at(static_cast<std::size_t>(at_kernel));
    });
    std::int64_t at_y = 0;
    for (std::size_t a = 0; a < o.size(); ++a) at_y += o[a] * of_y[a];
    y[static_cast<std::size_t>(at_y)] = sum;
  });
  // The last window that the padding behind allows is the last of y.
  for (std::size_t a = 0; a < spatial; ++a)
    EXPECT_EQ((s.x[a + 2] + s.low[a] + s.high[a] - (s.kernel[a + 2] - 1) * s.dilation[a] - 1) / s.strides[a] + 1, s.y[a + 2]);
  return y;
}

TEST(CudnnShapes, describe_every_convolution_as_the_reference_computes_it) {
  int uneven = 0, all = 0;
  for (const RegionCase& c : example_cases(DType::float64, [](const Op& op) { return op.name == "convolution"; })) {
    const RegionOp& op = c.region.ops[0];
    if (!op.attributes->flag("filters_first")) continue;
    const auto made = cuda::convolution_shape(c.region.inputs[0], c.region.inputs[1], op.outputs[0], *op.attributes);
    ASSERT_TRUE(std::holds_alternative<ConvolutionShape>(made)) << c.what;
    const ConvolutionShape& s = std::get<ConvolutionShape>(made);
    const std::vector<double> x = numbers(c.inputs[0]), filters = numbers(c.inputs[1]), expected = numbers(c.expected[0]);
    EXPECT_THAT(convolved(s, x, filters), testing::Pointwise(testing::DoubleNear(1e-12), expected)) << c.what;

    // Padded alike on both sides, x among zeros.
    const ConvolutionShape::Evenly e = s.evenly();
    EXPECT_TRUE(e.shape.is_even());
    std::vector<double> padded(static_cast<std::size_t>(cuda::elements(e.shape.x)));
    walk(e.inside, x, padded);
    EXPECT_THAT(convolved(e.shape, padded, filters), testing::Pointwise(testing::DoubleNear(1e-12), expected)) << c.what << ", padded";
    std::vector<double> cropped(x.size(), NAN);
    walk(cuda::turned(e.inside), padded, cropped);
    EXPECT_EQ(cropped, x) << c.what;
    uneven += !s.is_even();
    ++all;
  }
  EXPECT_GT(all, 20);
  EXPECT_GT(uneven, 5);
}

// Offsets of a description's elements: each place of a dense memory once.
void expect_covers(const Strided& a, std::int64_t places) {
  std::vector<int> met(static_cast<std::size_t>(places));
  for (std::int64_t i = 0; i < cuda::elements(a.dims); ++i) {
    std::int64_t at = 0, rest = i;
    for (std::size_t axis = a.dims.size(); axis-- > 0; rest /= a.dims[axis]) at += rest % a.dims[axis] * a.strides[axis];
    ++met.at(static_cast<std::size_t>(at));
  }
  EXPECT_THAT(met, testing::Each(1));
}

// Attention and its gradients as attention_cudnn.cpp describes them.
TEST(CudnnShapes, describe_every_attention_as_the_reference_computes_it) {
  int forward = 0, backward = 0;
  for (const RegionCase& c : node_cases(DType::float64, is_attention)) {
    const RegionOp& op = c.region.ops[0];
    if (op.attributes->flag("has_mask")) continue;
    const auto made = cuda::attention_shape(c.region.inputs[0], c.region.inputs[1], c.region.inputs[2]);
    ASSERT_TRUE(std::holds_alternative<AttentionShape>(made)) << c.what;
    const AttentionShape& s = std::get<AttentionShape>(made);
    for (const auto& [described, places] : {std::pair{s.q(), c.inputs[0].elements()}, {s.k(), c.inputs[1].elements()}, {s.k_turned(), c.inputs[1].elements()},
                                            {s.v(), c.inputs[2].elements()}, {s.v_turned(), c.inputs[2].elements()}, {s.scores_turned(), cuda::elements(s.scores().dims)}})
      expect_covers(described, places);
    struct Read {
      std::vector<double> memory;
      Strided how;
      double& operator()(std::int64_t b, std::int64_t n, std::int64_t i, std::int64_t j) {
        return memory.at(static_cast<std::size_t>(b * how.strides[0] + n * how.strides[1] + i * how.strides[2] + j * how.strides[3]));
      }
      Read as(const Strided& other) const { return {memory, other}; }
    };
    const auto empty = [](const Strided& how) { return Read{std::vector<double>(static_cast<std::size_t>(cuda::elements(how.dims))), how}; };
    const auto product = [&](Read a, Read b, const Strided& to) {
      Read c = empty(to);
      for (std::int64_t r = 0; r < to.dims[0]; ++r)
        for (std::int64_t n = 0; n < to.dims[1]; ++n)
          for (std::int64_t i = 0; i < to.dims[2]; ++i)
            for (std::int64_t j = 0; j < to.dims[3]; ++j)
              for (std::int64_t k = 0; k < a.how.dims[3]; ++k) c(r, n, i, j) += a(r, n, i, k) * b(r, n, k, j);
      return c;
    };
    const auto over_scores = [&](auto f) {
      for (std::int64_t r = 0; r < s.rows; ++r)
        for (std::int64_t n = 0; n < s.heads; ++n)
          for (std::int64_t t = 0; t < s.queries; ++t) f(r, n, t);
    };
    const double scale = op.attributes->number("scale");
    const bool causal = op.attributes->flag("causal");
    Read q{numbers(c.inputs[0]), s.q()}, k{numbers(c.inputs[1]), s.k()}, v{numbers(c.inputs[2]), s.v()};
    Read x = product(q, k.as(s.k_turned()), s.scores()), p = x, lse = empty(s.of_query());
    over_scores([&](std::int64_t r, std::int64_t n, std::int64_t t) {
      double l = 0;
      for (std::int64_t j = 0; j < s.keys; ++j) l += causal && j > t ? 0 : std::exp(scale * x(r, n, t, j));
      lse(r, n, t, 0) = std::log(l);
      for (std::int64_t j = 0; j < s.keys; ++j) p(r, n, t, j) = causal && j > t ? 0 : std::exp(scale * x(r, n, t, j) - lse(r, n, t, 0));
    });
    Read y = product(p, v, s.y());
    const auto near = [](const Tensor& expected) { return testing::Pointwise(testing::DoubleNear(1e-12), numbers(expected)); };
    if (op.name == "attention") {
      EXPECT_THAT(y.memory, near(c.expected[0])) << c.what;
      ++forward;
      continue;
    }
    Read dy{numbers(c.inputs[6]), s.y()}, dx = product(dy, v.as(s.v_turned()), s.scores());
    over_scores([&](std::int64_t r, std::int64_t n, std::int64_t t) {
      double sum = 0;
      for (std::int64_t j = 0; j < s.depth; ++j) sum += dy(r, n, t, j) * y(r, n, t, j);
      for (std::int64_t j = 0; j < s.keys; ++j) dx(r, n, t, j) = scale * p(r, n, t, j) * (dx(r, n, t, j) - sum);
    });
    EXPECT_THAT(product(dx, k, s.q()).memory, near(c.expected[0])) << c.what;
    EXPECT_THAT(product(dx.as(s.scores_turned()), q, s.k()).memory, near(c.expected[1])) << c.what;
    EXPECT_THAT(product(p.as(s.scores_turned()), dy, s.v()).memory, near(c.expected[2])) << c.what;
    ++backward;
  }
  EXPECT_GE(forward, 8);
  EXPECT_EQ(forward, backward);
}

TEST(CudnnShapes, lstm_weights_lie_gate_by_gate_with_units_outermost) {
  constexpr std::int64_t features = 3, units = 2;
  std::array<std::int64_t, 8> matrices{};
  std::array<std::int64_t, 4> biases{};
  std::int64_t at = 5;
  for (std::size_t i = 0; i < 8; ++i) matrices[i] = at, at += units * (i < 4 ? features : units);
  for (std::size_t i = 0; i < 4; ++i) biases[i] = at, at += units;
  const auto w = LstmWeights::at(features, units, matrices, biases);
  ASSERT_TRUE(w);
  const auto filled = [](std::int64_t n, double from) {
    std::vector<double> v;
    for (std::int64_t i = 0; i < n; ++i) v.push_back(from + static_cast<double>(i));
    return v;
  };
  const std::vector<double> kernel = filled(features * 4 * units, 100), recurrent = filled(units * 4 * units, 200), bias = filled(4 * units, 300);
  std::vector<double> space(static_cast<std::size_t>(at), NAN);
  walk(w->input_box(), kernel, space);
  walk(w->recurrent_box(), recurrent, space);
  walk(w->bias_box(), bias, space);
  for (std::size_t gate = 0; gate < 4; ++gate)
    for (std::int64_t u = 0; u < units; ++u) {
      const std::int64_t column = static_cast<std::int64_t>(gate) * units + u;
      for (std::int64_t d = 0; d < features; ++d)
        EXPECT_EQ(space[static_cast<std::size_t>(matrices[gate] + u * features + d)], kernel[static_cast<std::size_t>(d * 4 * units + column)]);
      for (std::int64_t d = 0; d < units; ++d)
        EXPECT_EQ(space[static_cast<std::size_t>(matrices[4 + gate] + u * units + d)], recurrent[static_cast<std::size_t>(d * 4 * units + column)]);
      EXPECT_EQ(space[static_cast<std::size_t>(biases[gate] + u)], bias[static_cast<std::size_t>(column)]);
    }
  std::vector<double> again(kernel.size(), NAN);
  walk(cuda::turned(w->input_box()), space, again);
  EXPECT_EQ(again, kernel);
  ++matrices[2];
  EXPECT_FALSE(LstmWeights::at(features, units, matrices, biases));
}

// For engines that compile kernels when they are chosen: from now on there is a driver in this process, be it one that runs nothing.
void with_any_driver() {
  static void* const driver = [] {
    void* const installed = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    return installed != nullptr ? installed : dlopen(STRATA_STAND_IN_DRIVER, RTLD_NOW | RTLD_GLOBAL);  // found by its name from here on
  }();
  if (driver == nullptr) throw std::runtime_error(dlerror());
}

bool has_frontend(const std::vector<Refusal>& refusals) {
  for (const Refusal& r : refusals)
    if (r.reason.find("without cudnn-frontend") != r.reason.npos) return false;
  return true;
}
#define STRATA_NEEDS_FRONTEND(refusals) \
  if (!has_frontend(refusals)) GTEST_SKIP() << "this build is without cudnn-frontend's headers"

TEST(CudnnPlans, every_convolution_has_an_engine) {
  for (const int capability : {80, 90}) {
    const auto planner = cuda_planner(capability);
    STRATA_NEEDS_TOOLKIT(planner);
    for (const DType t : {DType::float32, DType::bfloat16, DType::float16}) {
      int all = 0;
      std::set<std::string> ops;
      for (const RegionCase& c : convolution_cases(t)) {
        std::vector<Refusal> refusals;
        const auto found = planner->candidates(c.region, refusals);
        STRATA_NEEDS_FRONTEND(refusals);
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
    EXPECT_EQ(planner->description().ends_with(", TF32"), asked);
    for (const DType t : {DType::float32, DType::bfloat16}) {
      std::set<std::string> ops;
      for (const RegionCase& c : convolution_cases(t)) {
        if (!ops.insert(std::string(c.region.ops[0].name)).second) continue;
        std::vector<Refusal> refusals;
        const auto found = planner->candidates(c.region, refusals);
        STRATA_NEEDS_FRONTEND(refusals);
        ASSERT_EQ(found.size(), 1u) << c.what << ": " << refusals.at(0).reason;
        EXPECT_EQ(found[0].name.ends_with(" in tf32"), asked && t == DType::float32) << found[0].name;
      }
      EXPECT_EQ(ops.size(), 3u);
    }
  }
}

struct Layers {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::map<std::string, Tensor> values;
  Value in(const std::string& name, Shape shape) {
    const TensorType type{DType::float32, std::move(shape)};
    values[name] = example_tensor({type}, values.size() + 1);
    return graph->input(name, type);
  }
};
// Convolution of x by k, with what follows.
RegionCase convolution_case(std::int64_t channels, Integers strides, const char* padding, bool bias, bool sum, bool with_relu) {
  Layers l;
  const Value x = l.in("x", {8, 12, 12, channels}), k = l.in("k", {20, 3, 3, channels});
  Value y = l.graph->add("convolution", {x, k}, {{"strides", strides}, {"dilation", Integers{1, 1}}, {"padding", std::string(padding)},
                                                 {"groups", std::int64_t{1}}, {"filters_first", std::int64_t{1}}});
  if (bias) y = y + l.in("b", {20});
  if (sum) y = y + l.in("s", y.shape());
  if (with_relu) y = relu(y);
  l.graph->outputs = {port(y)};
  return case_of("convolution and what follows", l.graph, l.values);
}

TEST(CudnnPlans, bias_sum_and_relu_are_the_engines_own) {
  const auto planner = cuda_planner(90);
  STRATA_NEEDS_TOOLKIT(planner);
  for (int bits = 0; bits < 8; ++bits) {
    const bool bias = bits & 1, sum = bits & 2, with_relu = bits & 4;
    const RegionCase c = convolution_case(16, {2, 2}, "same", bias, sum, with_relu);
    const std::string name = std::string("cudnn convolution") + (sum ? " + sum" : "") + (bias ? " + bias" : "") + (with_relu ? " + relu" : "");
    std::vector<Refusal> refusals;
    const auto found = planner->candidates(c.region, refusals);
    STRATA_NEEDS_FRONTEND(refusals);
    ASSERT_EQ(found.size(), 1u) << name << ": " << refusals.at(0).reason;
    EXPECT_EQ(found[0].name, name);
  }
}

TEST(CudnnPlans, refusals_say_why) {
  const auto planner = cuda_planner(90), unknown = cuda_planner(75);
  STRATA_NEEDS_TOOLKIT(planner);
  const auto reason = [](Backend& backend, const Region& region) {
    std::vector<Refusal> refusals;
    EXPECT_TRUE(backend.candidates(region, refusals).empty());
    return refusals.empty() ? std::string() : refusals[0].reason;
  };
  RegionCase c = convolution_case(16, {1, 1}, "same", false, false, false);
  std::vector<Refusal> refusals;
  planner->candidates(c.region, refusals);
  STRATA_NEEDS_FRONTEND(refusals);
  EXPECT_THAT(reason(*unknown, c.region), HasSubstr("there is no device to ask"));
  Layers l;
  const Value x = l.in("x", {2, 6, 6, 4}), k = l.in("k", {3, 3, 4, 5});
  const Value y = convolution(x, k, {.size = {3, 3}, .strides = {1, 1}, .dilation = {1, 1}});
  l.graph->outputs = {port(y)};
  EXPECT_THAT(reason(*planner, region_of(*l.graph)), HasSubstr("its kernel has its filters last"));
  l.graph->outputs = {port(tanh(y))};
  EXPECT_THAT(reason(*planner, region_of(*l.graph)), HasSubstr("its epilogue is not a bias, a sum and relu"));
  for (const RegionCase& r : example_cases(DType::float32, [](const Op& op) { return op.name == "lstm"; })) {
    Region region = r.region;
    region.outputs.clear();
    for (int i = 0; i < 5; ++i) region.outputs.push_back({0, i});
    EXPECT_THAT(reason(*planner, region), HasSubstr(region.inputs.size() == 7 ? "cuDNN takes no mask" : "there is no device to ask"));
  }
  for (const RegionCase& r : example_cases(DType::bfloat16, [](const Op& op) { return op.name == "lstm"; })) {
    Region region = r.region;
    region.outputs.clear();
    for (int i = 0; i < 5; ++i) region.outputs.push_back({0, i});
    EXPECT_THAT(reason(*planner, region), HasSubstr(region.inputs.size() == 7 ? "cuDNN takes no mask" : "does not compute in bfloat16"));
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

// Norms and attention are engines whose kernels cuDNN compiles when it plans.
class CudnnCompiledPlans : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cuda_planner(90)) GTEST_SKIP() << "this build is without the CUDA Toolkit";
    with_any_driver();
  }
  // Both directions' candidates, by these names.
  static void expect_found(Backend& planner, const ForwardAndGradient& both, const std::string& name, const std::string& pair, const std::string& what) {
    for (const auto& [region, expected] : {std::pair{both.forward, name}, {both.gradient, name + " gradient"}}) {
      const auto found = by_cudnn(planner, region);
      if (auto* reason = std::get_if<std::string>(&found)) {
        const std::vector<Refusal> refusals{{"", *reason}};
        STRATA_NEEDS_FRONTEND(refusals);
        ADD_FAILURE() << expected << " of " << what << ": " << *reason;
        continue;
      }
      EXPECT_EQ(std::get<Candidate>(found).name, expected) << what;
      EXPECT_EQ(std::get<Candidate>(found).pair, pair) << what;
      try {  // its kernel is there then
        std::vector<void*> addresses(std::max(region.inputs.size(), region.outputs.size()), nullptr);
        std::get<Candidate>(found).prepare()->bind(addresses, addresses, {});
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
      for (const RegionCase& c : node_cases(t, [](std::string_view op) { return op.starts_with("batch_norm") || is_attention(op); })) {
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
  const auto reason = [&](std::string_view op, const std::vector<TensorType>& types, auto build) {
    const ForwardAndGradient both = with_gradient(op, types, build);
    const auto forward = by_cudnn(*planner, both.forward), gradient = by_cudnn(*planner, both.gradient);
    EXPECT_EQ(forward.index() + gradient.index(), 2u);
    return std::get<std::string>(gradient);
  };
  const auto attended = [&](DType t, Shape q) {
    return reason("attention", {{t, q}, {t, q}, {t, q}}, [](const std::vector<Value>& in) { return attention(in[0], in[1], in[2]); });
  };
  const std::string first = attended(DType::float32, {2, 8, 2, 16});
  const std::vector<Refusal> refusals{{"", first}};
  STRATA_NEEDS_FRONTEND(refusals);
  EXPECT_THAT(first, HasSubstr("takes bfloat16 and float16, not float32"));
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
    for (const DType t : {DType::float32, DType::bfloat16, DType::float16})
      for (const Shape& x : {Shape{128, 32, 32, 16}, Shape{128, 8, 8, 64}, Shape{64, 112, 112, 64}, Shape{64, 56, 56, 256}, Shape{64, 7, 7, 2048}}) {
        const TensorType channels{DType::float32, {x[-1]}};
        const auto both = with_gradient("batch_norm", {{t, x}, channels, channels}, [](const std::vector<Value>& in) { return batch_norm(in[0], in[1], in[2], 1e-3).y; });
        expect_found(*planner, both, "cudnn batch norm", "", x.str() + " of " + std::string(name_of(t)) + " on " + std::to_string(capability));
      }
  }
}

// --- on a device -------------------------------------------------------------------------------------------------------------

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
    for (const char* padding : {"valid", "same"})
      for (const std::int64_t stride : {1, 2})
        for (int bits = 0; bits < 8; ++bits) check_case(*device.backend, convolution_case(channels, {stride, stride}, padding, bits & 1, bits & 2, bits & 4), 2e-5);
}

// Not a number goes through relu.
TEST_P(CudnnKernels, pass_what_is_not_a_number_on) {
  RegionCase c = convolution_case(16, {1, 1}, "same", true, false, true);
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
    std::vector<std::vector<Tensor>> made;
    std::map<std::int64_t, Tensor> variables;
    interpret(built->graph, built->inputs, variables, [&](const Graph& g, std::int32_t, std::span<const Tensor> outputs) {
      if (&g == &built->graph) made.emplace_back(outputs.begin(), outputs.end());
    });
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
