// Every kernel of the CPU backend against the reference, over the examples of every op and larger ones; and the same bits
// at 1, 2, 4 and 8 threads, on every instruction set, in place and not.
#include <set>

#include <gtest/gtest.h>

#include "src/compile/interpreter.h"
#include "tests/cpu/close.h"
#include "tests/cpu/plugin.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

using Bytes = std::vector<std::vector<char>>;

struct Devices {
  std::unique_ptr<Backend> one = cpu_backend(1), two = cpu_backend(2), four = cpu_backend(4), eight = cpu_backend(8);
  std::unique_ptr<Backend> v2 = cpu_backend(2, "v2"), v3 = cpu_backend(2, "v3");
};

// All candidates for a region; returns how many there were. `outputs` of the first one goes to `results`.
int check_region(Devices& devices, const Region& region, const Bytes& inputs, const std::vector<Tensor>& expected, double tolerance,
                 const std::string& what, std::vector<std::pair<std::string, Bytes>>* results = nullptr,
                 const std::function<const Bytes*(const std::string&)>& inputs_of_pair = {}) {
  std::vector<Refusal> refusals;
  const auto found = devices.two->candidates(region, refusals);
  EXPECT_TRUE(!found.empty() || !refusals.empty()) << what << ": neither a kernel nor a reason";
  for (const Refusal& r : refusals) EXPECT_FALSE(r.reason.empty()) << what;
  Region standing = region;
  standing.steady.assign(region.inputs.size(), true);
  for (std::size_t k = 0; k < found.size(); ++k) {
    const std::string name = what + " by " + found[k].name;
    const Bytes* in = found[k].pair.empty() || !inputs_of_pair ? &inputs : inputs_of_pair(found[k].pair);
    if (in == nullptr) continue;
    const Bytes got = run_candidate(*devices.two, region, found[k], *in);
    for (std::size_t i = 0; i < expected.size() && i < got.size(); ++i)
      if (expected[i] && got[i].size() == expected[i].bytes() && (found[k].pair.empty() || i + found[k].hidden_bytes.size() < got.size()))
        expect_close(expected[i], got[i], tolerance, name + ", output " + std::to_string(i));
    for (Backend* other : {devices.one.get(), devices.four.get(), devices.eight.get(), devices.v2.get(), devices.v3.get()}) {
      std::vector<Refusal> none;
      const auto again = other->candidates(region, none);
      EXPECT_EQ(again.size(), found.size()) << name;
      if (again.size() != found.size()) continue;
      EXPECT_EQ(again[k].name, found[k].name);
      const Bytes bits = run_candidate(*other, region, again[k], *in);
      if (bits != got) ADD_FAILURE() << name << " gives other bits on " << other->description();
    }
    std::vector<Refusal> refusals;
    const auto steady = devices.two->candidates(standing, refusals);
    if (k < steady.size() && run_candidate(*devices.two, standing, steady[k], *in) != got)
      ADD_FAILURE() << name << " gives other bits where its inputs are steady";
    for (const auto& pair : found[k].in_place)
      if (run_candidate(*devices.two, region, found[k], *in, &pair) != got)
        ADD_FAILURE() << name << " gives other bits with output " << pair.second << " in the place of input " << pair.first;
    if (results) results->emplace_back(found[k].pair, got);
  }
  return static_cast<int>(found.size());
}

// Every node of an example's graph, forward and gradient, by every kernel. Returns the ops that had one.
void check_example(Devices& devices, const OpExample& example, DType dtype, std::set<std::string>& covered, double widen = 1) {
  const auto built = example_graph(example, true);
  std::vector<std::vector<Tensor>> made;
  std::map<std::int64_t, Tensor> variables;
  interpret(built->graph, built->inputs, variables, [&](const Graph& g, std::int32_t, std::span<const Tensor> outputs) {
    if (&g == &built->graph) made.emplace_back(outputs.begin(), outputs.end());
  });
  std::vector<std::vector<std::pair<std::string, Bytes>>> results(made.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    const OpNode& n = built->graph.node(static_cast<std::int32_t>(i));
    if (n.op->kind == OpKind::leaf || n.op->kind == OpKind::alias || n.op->kind == OpKind::scan) continue;
    std::string what(n.op->name);
    Bytes inputs;
    bool all = true;
    for (const Port& p : n.inputs) {
      const Tensor& t = made[static_cast<std::size_t>(p.node)][static_cast<std::size_t>(p.output)];
      all = all && t;
      inputs.push_back(t ? bytes_of(t) : std::vector<char>());
      what += " " + std::string(name_of(built->graph.type(p).dtype)) + built->graph.type(p).shape.str();
    }
    // A gradient kernel of a pair reads what the forward kernel of the pair wrote.
    Bytes of_pair;
    const auto inputs_of_pair = [&](const std::string& pair) -> const Bytes* {
      if (n.op->forward.empty()) return &inputs;
      of_pair = inputs;
      for (std::size_t k = 0; k < n.inputs.size(); ++k) {
        const Port p = n.inputs[k];
        const OpNode& from = built->graph.node(p.node);
        if (from.op->first_hidden < 0 || p.output < from.op->first_hidden) continue;
        for (const auto& [name, bytes] : results[static_cast<std::size_t>(p.node)])
          if (name == pair) of_pair[k] = bytes[static_cast<std::size_t>(p.output)];
      }
      return &of_pair;
    };
    const Region region = region_of(built->graph, n);
    if (!all && n.op->forward.empty()) continue;
    if (check_region(devices, region, inputs, made[i], tolerance_of(dtype) * widen, what, &results[i], inputs_of_pair) > 0)
      covered.insert(std::string(n.op->name));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(CpuKernels, agree_with_the_reference_on_every_example) {
  Devices devices;
  std::set<std::string> covered;
  for (const DType t : {DType::float32, DType::float64, DType::bfloat16, DType::float16})
    for (const OpExample& example : op_examples(t)) check_example(devices, example, t, covered);
  std::string missing;
  for (const Op* op : all_ops())
    if (op->kind != OpKind::leaf && op->kind != OpKind::alias && !covered.count(std::string(op->name))) missing += std::string(op->name) + " ";
  RecordProperty("without_a_kernel", missing);
  std::printf("no kernel: %s\n", missing.c_str());
}

// Sizes at which kernels split their work among threads and slices.
TEST(CpuKernels, agree_with_the_reference_on_larger_operands) {
  Devices devices;
  std::set<std::string> covered;
  const DType f = DType::float32;
  using Integers = std::vector<std::int64_t>;
  const auto any = [&](Shape s) { return ExampleInput{{f, std::move(s)}}; };
  const auto window = [](Integers strides, const char* padding, std::int64_t groups = 1) {
    return Attributes{{"strides", strides}, {"dilation", Integers(strides.size(), 1)}, {"padding", std::string(padding)}, {"groups", groups}};
  };
  const auto axes = [](Integers a) { return Attributes{{"axes", a}, {"keepdims", std::int64_t{0}}}; };
  const std::vector<OpExample> examples = {
      {"matmul", {any({128, 784}), any({784, 96})}},
      {"matmul", {any({128, 96}), any({96, 10})}},
      {"matmul", {any({300, 7}), any({7, 1})}},
      {"matmul", {any({9, 40, 33}), any({9, 33, 21})}},
      {"matmul", {any({2500, 100}), any({100, 40})}},  // the weight's gradient is a sum over 2500 rows
      {"matmul", {any({4100, 20}), any({20, 20})}},
      {"matmul", {any({4, 300}), any({300, 700})}},
      {"matmul", {any({1, 1600}), any({1600, 10})}},  // by vectors: rows narrower than one, with a rest, in blocks
      {"matmul", {any({1, 301}), any({301, 37})}},
      {"matmul", {any({1, 50}), any({50, 150})}},
      {"matmul", {any({1, 1100}), any({1100, 1001})}},  // large ones in the order of memory
      {"matmul", {any({1001, 1100}), any({1100, 1})}},
      {"exp", {any({300, 301})}},
      {"tanh", {any({90000})}},
      {"add", {any({300, 301}), any({301})}},
      {"multiply", {any({300, 301}), any({300, 1})}},
      {"subtract", {any({40, 1, 50}), any({30, 1})}},
      {"add", {any({5000, 10}), any({10})}},
      {"reduce_sum", {any({5000, 33})}, axes({0})},
      {"reduce_sum", {any({128, 512})}, axes({0})},
      {"reduce_sum", {any({300, 1001})}, axes({1})},
      {"reduce_sum", {any({300, 1001})}, axes({0, 1})},
      {"reduce_sum", {any({20, 300, 33})}, axes({1})},
      {"reduce_max", {any({300, 1001})}, axes({1})},
      {"softmax", {any({700, 129})}},
      {"log_softmax", {any({90, 1500})}},
      {"sparse_softmax_cross_entropy", {any({4000, 10}), ExampleInput{{DType::int64, {4000}}, Domain::index, 10}}},
      {"softmax_cross_entropy", {any({700, 40}), ExampleInput{{f, {700, 40}}, Domain::probability}}},
      {"transpose", {any({300, 201})}, {{"axes", Integers{1, 0}}}},
      {"transpose", {any({8, 50, 4, 60})}, {{"axes", Integers{0, 2, 1, 3}}}},
      {"gather", {any({1000, 50}), ExampleInput{{DType::int32, {3000}}, Domain::index, 1000}}},
      {"embedding", {any({1000, 80}), ExampleInput{{DType::int32, {30, 100}}, Domain::index, 1000}}},
      {"concatenate", {any({200, 90}), any({200, 61})}, {{"axis", std::int64_t{1}}}},
      {"convolution", {any({8, 14, 14, 16}), any({3, 3, 16, 32})}, window({1, 1}, "same")},
      {"convolution", {any({8, 14, 14, 16}), any({3, 3, 16, 32})}, window({2, 2}, "valid")},
      {"convolution", {any({16, 28, 28, 1}), any({3, 3, 1, 32})}, window({1, 1}, "valid")},
      {"convolution", {any({4, 20, 20, 3}), any({5, 5, 3, 20})}, window({1, 1}, "same")},
      {"convolution", {any({1, 28, 28, 16}), any({3, 3, 16, 32})}, window({1, 1}, "same")},
      {"convolution", {any({1, 40, 40, 24}), any({3, 3, 24, 24})}, window({2, 2}, "valid")},
      {"convolution", {any({8, 100, 16}), any({3, 16, 24})}, window({1}, "causal")},
      {"convolution", {any({8, 28, 28, 32}), any({3, 3, 1, 32})}, window({1, 1}, "same", 32)},
      {"convolution", {any({8, 28, 28, 16}), any({3, 3, 1, 32})}, window({2, 2}, "same", 16)},
      {"convolution", {any({4, 60, 24}), any({5, 1, 24})}, window({1}, "valid", 24)},
      {"max_pool", {any({8, 26, 26, 32})}, {{"size", Integers{2, 2}}, {"strides", Integers{2, 2}}, {"padding", std::string("valid")}}},
      {"average_pool", {any({8, 27, 25, 20})}, {{"size", Integers{3, 3}}, {"strides", Integers{2, 2}}, {"padding", std::string("same")}}},
      {"batch_norm", {any({16, 20, 20, 24}), any({24}), any({24})}, {{"epsilon", 1e-3}}},
      {"layer_norm", {any({600, 130}), any({130}), any({130})}, {{"epsilon", 1e-3}}},
      {"dropout", {any({300, 301}), ExampleInput{{DType::int64, {2}}, Domain::index, 1000}}, {{"rate", 0.3}, {"stream", std::int64_t{77}}}},
      {"random_uniform", {ExampleInput{{DType::int64, {2}}, Domain::index, 1000}}, {{"stream", std::int64_t{77}}, {"shape", Shape{300, 301}}, {"dtype", f}}},
      {"random_normal", {ExampleInput{{DType::int64, {2}}, Domain::index, 1000}}, {{"stream", std::int64_t{77}}, {"shape", Shape{300, 301}}, {"dtype", f}}},
      {"lstm",
       {any({12, 20, 10}), any({20, 32}), any({20, 32}), any({10, 128}), any({32, 128}), any({128})},
       {{"has_mask", std::int64_t{0}}}},
      {"lstm",
       {any({6, 150, 30}), any({150, 48}), any({150, 48}), any({30, 192}), any({48, 192}), any({192})},
       {{"has_mask", std::int64_t{0}}}},
      {"convolution", {any({3, 40, 40, 8}), any({3, 3, 8, 24})}, window({1, 1}, "same")},
  };
  for (const OpExample& example : examples) check_example(devices, example, f, covered, 10);
}

Region check_graph(Devices& devices, Graph& graph, const std::map<std::string, Tensor>& inputs, double tolerance, const std::string& what) {
  const Region region = region_of(graph);
  Bytes bytes;
  for (const OpNode& n : graph.nodes())
    if (n.op->name == "input") bytes.push_back(bytes_of(inputs.at(n.attributes.text("name"))));
  const std::vector<Tensor> expected = interpret(graph, inputs);
  EXPECT_GT(check_region(devices, region, bytes, expected, tolerance, what), 0) << what << " has no kernel";
  return region;
}

TEST(CpuRegions, gemm_with_bias_and_activation_is_one_call) {
  Devices devices;
  for (const auto& [m, k, n] : {std::tuple{128, 200, 64}, {5, 3, 10}, {33, 70, 1}}) {
    std::map<std::string, Tensor> inputs{{"x", example_tensor({{DType::float32, {m, k}}}, 1)}, {"w", example_tensor({{DType::float32, {k, n}}}, 2)},
                                         {"b", example_tensor({{DType::float32, {n}}}, 3)}};
    for (const auto& [name, act] : std::map<std::string, Value (*)(Value)>{{"relu", relu}, {"tanh", tanh}, {"sigmoid", sigmoid}}) {
      Graph g;
      const Value x = g.input("x", {DType::float32, {m, k}}), w = g.input("w", {DType::float32, {k, n}}), b = g.input("b", {DType::float32, {n}});
      const Value z = matmul(x, w) + b, y = act(z);
      g.outputs = {port(y)};
      check_graph(devices, g, inputs, 2e-5, "matmul+add+" + name);
      g.outputs = {port(y), port(z)};
      check_graph(devices, g, inputs, 2e-5, "matmul+add+" + name + " with the sum kept");
    }
  }
}

TEST(CpuRegions, convolution_with_bias_and_relu_is_one_call) {
  Devices devices;
  if (devices.two->description().find("no oneDNN") != std::string::npos) GTEST_SKIP() << "convolution needs oneDNN, which this build lacks";
  for (const std::int64_t channels : {1, 3, 16}) {
    Graph g;
    const TensorType xt{DType::float32, {8, 12, 12, channels}}, kt{DType::float32, {3, 3, channels, 20}}, bt{DType::float32, {20}};
    const Value y = convolution(g.input("x", xt), g.input("k", kt), {.size = {3, 3}, .strides = {1, 1}, .dilation = {1, 1}}) + g.input("b", bt);
    g.outputs = {port(relu(y))};
    const std::map<std::string, Tensor> inputs{{"x", example_tensor({xt}, 1)}, {"k", example_tensor({kt}, 2)}, {"b", example_tensor({bt}, 3)}};
    check_graph(devices, g, inputs, 2e-5, "convolution+add+relu");
    Graph with_tanh;
    const Value z = convolution(with_tanh.input("x", xt), with_tanh.input("k", kt), {.size = {3, 3}, .strides = {1, 1}, .dilation = {1, 1}});
    with_tanh.outputs = {port(tanh(z + with_tanh.input("b", bt)))};
    check_graph(devices, with_tanh, inputs, 2e-5, "convolution+add+tanh");
  }
}

// Behind a convolution that nothing learns through stands a batch norm's shift, then the block's other path.
TEST(CpuRegions, convolution_with_bias_sum_and_relu_is_one_call) {
  Devices devices;
  if (devices.two->description().find("no oneDNN") != std::string::npos) GTEST_SKIP() << "convolution needs oneDNN, which this build lacks";
  for (const std::int64_t batch : {1, 8})
    for (const bool has_relu : {false, true}) {
      Graph g;
      const TensorType xt{DType::float32, {batch, 14, 14, 16}}, kt{DType::float32, {1, 1, 16, 48}}, bt{DType::float32, {48}}, st{DType::float32, {batch, 14, 14, 48}};
      const Value y = convolution(g.input("x", xt), g.input("k", kt), {.size = {1, 1}, .strides = {1, 1}, .dilation = {1, 1}}) + g.input("b", bt) + g.input("s", st);
      g.outputs = {port(has_relu ? relu(y) : y)};
      const std::map<std::string, Tensor> inputs{{"x", example_tensor({xt}, 1)}, {"k", example_tensor({kt}, 2)}, {"b", example_tensor({bt}, 3)}, {"s", example_tensor({st}, 4)}};
      const Region region = check_graph(devices, g, inputs, 2e-5, "convolution+add+add");
      std::vector<Refusal> refusals;
      EXPECT_EQ(devices.two->candidates(region, refusals)[0].name, std::string("onednn convolution + bias + sum") + (has_relu ? " + relu" : ""));
    }
}

TEST(CpuRegions, a_max_pool_whose_index_nobody_reads_gives_its_values) {
  Devices devices;
  Graph g;
  const TensorType xt{DType::float32, {4, 9, 9, 21}};
  g.outputs = {port(max_pool(g.input("x", xt), {.size = {2, 2}}))};
  check_graph(devices, g, {{"x", example_tensor({xt}, 1)}}, 0, "max_pool without its index");
}

// x + convolution(x): the summand is also what the convolution reads, so that the output cannot begin as it.
TEST(CpuRegions, a_convolution_that_is_added_to_its_own_input_keeps_it) {
  Devices devices;
  if (devices.two->description().find("no oneDNN") != std::string::npos) GTEST_SKIP() << "convolution needs oneDNN, which this build lacks";
  Graph g;
  const TensorType xt{DType::float32, {4, 10, 10, 16}}, kt{DType::float32, {3, 3, 16, 16}};
  const Value x = g.input("x", xt);
  g.outputs = {port(convolution(x, g.input("k", kt), {.size = {3, 3}, .strides = {1, 1}, .dilation = {1, 1}, .padding = PaddingMode::same}) + x)};
  check_graph(devices, g, {{"x", example_tensor({xt}, 1)}, {"k", example_tensor({kt}, 2)}}, 2e-5, "convolution+add of its input");
}

// Each channel by itself goes to the library like any other convolution, forward and backwards.
TEST(CpuRegions, a_depthwise_convolution_and_its_gradients_have_kernels) {
  Devices devices;
  if (devices.two->description().find("no oneDNN") != std::string::npos) GTEST_SKIP() << "convolution needs oneDNN, which this build lacks";
  for (const std::int64_t multiplier : {1, 2}) {
    std::set<std::string> covered;
    const OpExample example{"convolution",
                            {{{DType::float32, {4, 14, 14, 16}}}, {{DType::float32, {3, 3, 1, 16 * multiplier}}}},
                            {{"strides", std::vector<std::int64_t>{1, 1}}, {"dilation", std::vector<std::int64_t>{1, 1}},
                             {"padding", std::string("same")}, {"groups", std::int64_t{16}}}};
    check_example(devices, example, DType::float32, covered, 10);
    for (const char* op : {"convolution", "convolution_input_gradient", "convolution_kernel_gradient"})
      EXPECT_TRUE(covered.count(op)) << op << " with multiplier " << multiplier;
  }
}

TEST(CpuRegions, an_adam_update_is_one_call_in_place) {
  Devices devices;
  for (const std::int64_t n : {1, 100, 70001}) {
    Graph g;
    const TensorType type{DType::float32, {n}};
    const Value w = g.input("w", type), d = g.input("g", type), m = g.input("m", type), v = g.input("v", type);
    const Value rate = g.input("rate", {DType::float32, {}}), step = g.input("step", {DType::int64, {}});
    const Value t = cast(step + 1, DType::float32);
    const Value alpha = rate * sqrt(1 - power(g.constant(DType::float32, 0.999), t)) / (1 - power(g.constant(DType::float32, 0.9), t));
    const Value m2 = m + (d - m) * 0.1, v2 = v + (square(d) - v) * 0.001;
    const Value w2 = w - m2 * alpha / (sqrt(v2) + 1e-7);
    g.outputs = {port(w2), port(m2), port(v2)};
    Tensor r(DType::float32, {}), s(DType::int64, {});
    r.set(0, 1e-3);
    s.set(0, 4);
    const Region region = check_graph(devices, g, {{"w", example_tensor({type}, 1)}, {"g", example_tensor({type}, 2)}, {"m", example_tensor({type}, 3)},
                             {"v", example_tensor({type, Domain::positive}, 4)}, {"rate", r}, {"step", s}}, 1e-6, "adam");
    std::vector<Refusal> refusals;
    const auto found = devices.two->candidates(region, refusals);
    ASSERT_EQ(found.size(), 1u);
    for (const auto& pair : {std::pair{0, 0}, std::pair{2, 1}, std::pair{3, 2}})
      EXPECT_EQ(std::count(found[0].in_place.begin(), found[0].in_place.end(), pair), 1) << pair.first;
  }
}

TEST(CpuRegions, operands_broadcast_in_every_way) {
  Devices devices;
  const std::vector<Shape> shapes = {{60, 7, 50}, {50}, {7, 50}, {7, 1}, {60, 1, 1}, {60, 1, 50}, {}, {1, 1, 1}};
  Graph g;
  std::map<std::string, Tensor> inputs;
  Value total;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::string name = "x" + std::to_string(i);
    inputs[name] = example_tensor({{DType::float32, shapes[i]}}, i);
    const Value x = g.input(name, {DType::float32, shapes[i]});
    total = total ? total * 0.5 + x : x;
  }
  g.outputs = {port(total), port(total > 0)};
  check_graph(devices, g, inputs, 1e-6, "broadcasts");
}

}  // namespace
}  // namespace strata
