// Time of single kernels of the CPU backend, beside the machine's gemm rate and copy bandwidth.
#include <benchmark/benchmark.h>

#include <strata/ops.h>
#include "tests/cpu/plugin.h"

namespace strata {
namespace {

Backend& backend() {
  static const std::unique_ptr<Backend> cpu = cpu_backend(0);
  return *cpu;
}

// Memory for a region, and its best candidate bound to it.
struct Prepared {
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<std::unique_ptr<Call>> calls;
  std::shared_ptr<const Kernel> kernel;
  std::string name;

  // `aliases`: (input, output) at one address.
  Prepared(const Region& region, const std::vector<std::pair<int, int>>& aliases) {
    std::vector<Refusal> refusals;
    const auto found = backend().candidates(region, refusals);
    if (found.empty()) throw std::runtime_error(refusals.empty() ? "no kernel" : refusals[0].reason);
    const Candidate& c = found[0];
    name = c.name;
    std::vector<void*> in, out;
    for (std::size_t i = 0; i < region.inputs.size(); ++i) in.push_back(memory(region.inputs[i], 0.5f));
    for (const Source& s : region.outputs) out.push_back(memory(region.type(s), 0));
    for (const auto& [i, o] : aliases) out[static_cast<std::size_t>(o)] = in[static_cast<std::size_t>(i)];
    blocks.push_back(std::make_unique<Block>(backend(), c.scratch_bytes));
    kernel = c.prepare();
    calls.push_back(kernel->bind(in, out, {.scratch = blocks.back()->data}));
  }
  void* memory(const ArrayType& t, float scale) {
    blocks.push_back(std::make_unique<Block>(backend(), t.bytes()));
    if (t.dtype == DType::float32 && scale != 0)
      for (std::int64_t i = 0; i < t.elements(); ++i)
        reinterpret_cast<float*>(blocks.back()->data)[i] = scale * static_cast<float>((i * 2654435761u >> 8) % 1000) / 1000;
    return blocks.back()->data;
  }
};

void measure(benchmark::State& state, const Region& region, double flop, double bytes, const std::vector<std::pair<int, int>>& aliases = {}) {
  Prepared prepared(region, aliases);
  backend().run(prepared.calls);
  for (auto _ : state) backend().run(prepared.calls);
  state.SetLabel(prepared.name);
  const auto rate = benchmark::Counter::kIsIterationInvariantRate;
  if (flop > 0) state.counters["FLOP"] = benchmark::Counter(flop, rate, benchmark::Counter::kIs1000);
  if (bytes > 0) state.counters["B"] = benchmark::Counter(bytes, rate, benchmark::Counter::kIs1000);
}

Value f32(Graph& g, const std::string& name, Shape shape) { return g.input(name, {DType::float32, std::move(shape)}); }

void gemm(benchmark::State& state, const char* form, std::int64_t m, std::int64_t n, std::int64_t k) {
  Graph g;
  const std::string f = form;
  const bool ta = f == "TN", tb = f == "NT";
  Value y = matmul(f32(g, "a", ta ? Shape{k, m} : Shape{m, k}), f32(g, "b", tb ? Shape{n, k} : Shape{k, n}), ta, tb);
  if (f == "bias+relu") y = relu(y + f32(g, "bias", {n}));
  g.outputs = {port(y)};
  const double d = static_cast<double>(m * n) * static_cast<double>(k);
  measure(state, region_of(g), 2 * d, 0);
}
BENCHMARK_CAPTURE(gemm, square_1024, "NN", 1024, 1024, 1024)->UseRealTime();
BENCHMARK_CAPTURE(gemm, dense_784_512, "bias+relu", 128, 512, 784)->UseRealTime();
BENCHMARK_CAPTURE(gemm, dense_512_512, "bias+relu", 128, 512, 512)->UseRealTime();
BENCHMARK_CAPTURE(gemm, dense_512_10, "NN", 128, 10, 512)->UseRealTime();
BENCHMARK_CAPTURE(gemm, kernel_gradient_784_512, "TN", 784, 512, 128)->UseRealTime();
BENCHMARK_CAPTURE(gemm, kernel_gradient_512_512, "TN", 512, 512, 128)->UseRealTime();
BENCHMARK_CAPTURE(gemm, kernel_gradient_512_10, "TN", 512, 10, 128)->UseRealTime();
BENCHMARK_CAPTURE(gemm, input_gradient_512_10, "NT", 128, 512, 10)->UseRealTime();
BENCHMARK_CAPTURE(gemm, input_gradient_512_512, "NT", 128, 512, 512)->UseRealTime();
BENCHMARK_CAPTURE(gemm, one_row_784_512, "bias+relu", 1, 512, 784)->UseRealTime();

void copying(benchmark::State& state) {
  Graph g;
  const std::int64_t n = state.range(0);
  g.outputs = {port(g.add("copy", {f32(g, "x", {n})}))};
  measure(state, region_of(g), 0, 8.0 * static_cast<double>(n));
}
BENCHMARK(copying)->Arg(1 << 16)->Arg(1 << 24)->UseRealTime();

void adam(benchmark::State& state) {
  const std::int64_t n = state.range(0);
  Graph g;
  const Value w = f32(g, "w", {n}), d = f32(g, "g", {n}), m = f32(g, "m", {n}), v = f32(g, "v", {n}), alpha = f32(g, "alpha", {});
  const Value m2 = m + (d - m) * 0.1, v2 = v + (square(d) - v) * 0.001, w2 = w - m2 * alpha / (sqrt(v2) + 1e-7);
  g.outputs = {port(w2), port(m2), port(v2)};
  measure(state, region_of(g), 0, 28.0 * static_cast<double>(n), {{0, 0}, {2, 1}, {3, 2}});
}
BENCHMARK(adam)->Arg(669706)->Arg(1 << 24)->UseRealTime();

void elementwise(benchmark::State& state, Value (*f)(Value)) {
  const std::int64_t n = state.range(0);
  Graph g;
  g.outputs = {port(f(f32(g, "x", {n})))};
  measure(state, region_of(g), 0, 8.0 * static_cast<double>(n));
}
BENCHMARK_CAPTURE(elementwise, relu, relu)->Arg(1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(elementwise, exp, exp)->Arg(1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(elementwise, log, log)->Arg(1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(elementwise, sigmoid, sigmoid)->Arg(1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(elementwise, tanh, tanh)->Arg(1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(elementwise, erf, erf)->Arg(1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(elementwise, log1p, log1p)->Arg(1 << 20)->UseRealTime();

// Gradient of relu from its output, and the bias' gradient from that.
void relu_gradient(benchmark::State& state) {
  Graph g;
  const Shape s{128, 512};
  g.outputs = {port(select(f32(g, "y", s) > 0, f32(g, "dy", s), 0))};
  measure(state, region_of(g), 0, 12.0 * 128 * 512);
}
BENCHMARK(relu_gradient)->UseRealTime();

void bias_gradient(benchmark::State& state) {
  Graph g;
  g.outputs = {port(sum(f32(g, "dy", {state.range(0), state.range(1)}), Axes{0}))};
  measure(state, region_of(g), 0, 4.0 * static_cast<double>(state.range(0) * state.range(1)));
}
BENCHMARK(bias_gradient)->Args({128, 512})->Args({128 * 26 * 26, 32})->Args({128 * 11 * 11, 64})->UseRealTime();

void cross_entropy(benchmark::State& state, bool gradient) {
  Graph g;
  const std::int64_t n = state.range(0), c = state.range(1);
  const Value x = f32(g, "x", {n, c}), labels = g.input("labels", {DType::int32, {n}});
  const Value loss = sparse_softmax_cross_entropy(x, labels);
  if (!gradient) {
    g.outputs = {port(loss), {loss.node(), 1}};
  } else {
    Graph h;
    const Value y = h.add("sparse_softmax_cross_entropy_gradient",
                          {f32(h, "x", {n, c}), h.input("labels", {DType::int32, {n}}), f32(h, "lse", {n}), f32(h, "d", {n})});
    h.outputs = {port(y)};
    return measure(state, region_of(h), 0, 8.0 * static_cast<double>(n * c));
  }
  measure(state, region_of(g), 0, 4.0 * static_cast<double>(n * c));
}
BENCHMARK_CAPTURE(cross_entropy, forward, false)->Args({128, 10})->Args({1024, 50257})->UseRealTime();
BENCHMARK_CAPTURE(cross_entropy, gradient, true)->Args({128, 10})->Args({1024, 50257})->UseRealTime();

enum class Pass { forward, input_gradient, kernel_gradient };

void conv(benchmark::State& state, Pass pass, bool relu_behind, std::int64_t n, std::int64_t side, std::int64_t c, std::int64_t f) {
  Graph g;
  const Shape xs{n, side, side, c}, ks{3, 3, c, f}, ys{n, side - 2, side - 2, f};
  const double flop = 2.0 * static_cast<double>(n * (side - 2) * (side - 2) * f) * static_cast<double>(9 * c);
  Attributes a{{"strides", std::vector<std::int64_t>{1, 1}}, {"dilation", std::vector<std::int64_t>{1, 1}}, {"padding", std::string("valid")},
               {"groups", std::int64_t{1}}};
  if (pass == Pass::forward) {
    Value y = g.add("convolution", {f32(g, "x", xs), f32(g, "k", ks)}, a);
    if (relu_behind) y = relu(y + f32(g, "b", {f}));
    g.outputs = {port(y)};
  } else if (pass == Pass::input_gradient) {
    a.set("shape", xs);
    g.outputs = {port(g.add("convolution_input_gradient", {f32(g, "dy", ys), f32(g, "k", ks)}, a))};
  } else {
    a.set("shape", ks);
    g.outputs = {port(g.add("convolution_kernel_gradient", {f32(g, "x", xs), f32(g, "dy", ys)}, a))};
  }
  measure(state, region_of(g), flop, 0);
}
BENCHMARK_CAPTURE(conv, mnist_1_32, Pass::forward, true, 128, 28, 1, 32)->UseRealTime();
BENCHMARK_CAPTURE(conv, mnist_1_32_kernel_gradient, Pass::kernel_gradient, false, 128, 28, 1, 32)->UseRealTime();
BENCHMARK_CAPTURE(conv, mnist_32_64, Pass::forward, true, 128, 13, 32, 64)->UseRealTime();
BENCHMARK_CAPTURE(conv, mnist_32_64_input_gradient, Pass::input_gradient, false, 128, 13, 32, 64)->UseRealTime();
BENCHMARK_CAPTURE(conv, mnist_32_64_kernel_gradient, Pass::kernel_gradient, false, 128, 13, 32, 64)->UseRealTime();

void pool(benchmark::State& state, bool gradient) {
  Graph g;
  const std::int64_t side = state.range(0), c = state.range(1);
  const Shape xs{128, side, side, c}, ys{128, side / 2, side / 2, c};
  Attributes a{{"size", std::vector<std::int64_t>{2, 2}}, {"strides", std::vector<std::int64_t>{2, 2}}, {"padding", std::string("valid")}};
  if (!gradient) {
    const Value y = g.add("max_pool", {f32(g, "x", xs)}, a);
    g.outputs = {port(y), {y.node(), 1}};
  } else {
    a.set("shape", xs);
    g.outputs = {port(g.add("max_pool_gradient", {g.input("index", {DType::int32, ys}), f32(g, "dy", ys)}, a))};
  }
  const double x = static_cast<double>(128 * side * side * c), y = static_cast<double>(128 * (side / 2) * (side / 2) * c);
  measure(state, region_of(g), 0, 4 * x + 5 * y);
}
BENCHMARK_CAPTURE(pool, forward, false)->Args({26, 32})->Args({11, 64})->UseRealTime();
BENCHMARK_CAPTURE(pool, gradient, true)->Args({26, 32})->Args({11, 64})->UseRealTime();

void normalization(benchmark::State& state, const char* op) {
  Graph g;
  const std::int64_t n = state.range(0), c = state.range(1);
  const double bytes = 4.0 * static_cast<double>(n * c);
  const std::string name = op;
  if (name == "batch_norm" || name == "layer_norm") {
    const Value y = g.add(name, {f32(g, "x", {n, c}), f32(g, "gamma", {c}), f32(g, "beta", {c})}, {{"epsilon", 1e-3}});
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(g.node(y.node()).outputs.size()); ++i) g.outputs.push_back({y.node(), i});
    return measure(state, region_of(g), 0, (name == "batch_norm" ? 3 : 2) * bytes);
  }
  const Shape statistic = name == "batch_norm_gradient" ? Shape{c} : Shape{n};
  const Value d = g.add(name, {f32(g, "x", {n, c}), f32(g, "gamma", {c}), f32(g, "mean", statistic), f32(g, "s", statistic), f32(g, "dy", {n, c})});
  for (std::int32_t i = 0; i < 3; ++i) g.outputs.push_back({d.node(), i});
  measure(state, region_of(g), 0, (name == "batch_norm_gradient" ? 5 : 3) * bytes);
}
BENCHMARK_CAPTURE(normalization, batch_norm, "batch_norm")->Args({131072, 16})->Args({131072, 64})->UseRealTime();
BENCHMARK_CAPTURE(normalization, batch_norm_gradient, "batch_norm_gradient")->Args({131072, 16})->Args({131072, 64})->UseRealTime();
BENCHMARK_CAPTURE(normalization, layer_norm, "layer_norm")->Args({8192, 768})->UseRealTime();
BENCHMARK_CAPTURE(normalization, layer_norm_gradient, "layer_norm_gradient")->Args({8192, 768})->UseRealTime();

void dropping(benchmark::State& state) {
  Graph g;
  const std::int64_t n = state.range(0);
  g.outputs = {port(dropout(f32(g, "x", {n}), g.input("state", {DType::int64, {2}}), 0.5, 7))};
  measure(state, region_of(g), 0, 8.0 * static_cast<double>(n));
}
BENCHMARK(dropping)->Arg(1 << 22)->UseRealTime();

// A batch of a resident data set.
void gathering(benchmark::State& state) {
  Graph g;
  g.outputs = {port(gather(f32(g, "x", {10000, 784}), g.input("rows", {DType::int32, {128}})))};
  measure(state, region_of(g), 0, 8.0 * 128 * 784);
}
BENCHMARK(gathering)->UseRealTime();

void recurrent(benchmark::State& state, bool gradient) {
  Graph g;
  const std::int64_t t = 100, n = 64, i = 128, h = 128;
  const Shape s{n, h};
  std::vector<Value> in{f32(g, "x", {t, n, i}), f32(g, "h", s), f32(g, "c", s), f32(g, "w", {i, 4 * h}), f32(g, "r", {h, 4 * h}), f32(g, "b", {4 * h})};
  const double flop = 2.0 * static_cast<double>(t * n * 4 * h) * static_cast<double>(i + h);
  if (!gradient) {
    const Value y = g.add("lstm", in, {{"has_mask", std::int64_t{0}}});
    for (std::int32_t k = 0; k < 5; ++k) g.outputs.push_back({y.node(), k});
    return measure(state, region_of(g), flop, 0);
  }
  for (const auto& [name, shape] : std::vector<std::pair<std::string, Shape>>{{"seq", {t, n, h}}, {"gates", {t, n, 4 * h}}, {"cs", {t, n, h}},
                                                                             {"ds", {t, n, h}}, {"dh", s}, {"dc", s}})
    in.push_back(f32(g, name, shape));
  const Value d = g.add("lstm_gradient", in, {{"has_mask", std::int64_t{0}}});
  for (std::int32_t k = 0; k < 6; ++k) g.outputs.push_back({d.node(), k});
  measure(state, region_of(g), 2 * flop, 0);
}
BENCHMARK_CAPTURE(recurrent, lstm_128, false)->UseRealTime();
BENCHMARK_CAPTURE(recurrent, lstm_128_gradient, true)->UseRealTime();

}  // namespace
}  // namespace strata

BENCHMARK_MAIN();
