// Where a training step's time goes, region by region: each call of the plan is run alone, again and again, on the data that
// the step before it left. The sum is above the step's own time where caches and threads are warmer in company. Beside it the
// machine's ceilings of this very run, a gemm of 1024^3 and a copy of 64 MiB, and the floor that follows from them.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <thread>

#include "src/compile/backends.h"
#include "src/model/model_state.h"
#include "workloads.h"

namespace {

double seconds(const std::function<void()>& f, int repeats) {
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) f();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / repeats);
  }
  return best;
}

// Floating-point operations per second of a 1024 x 1024 x 1024 product.
double gemm_rate(Backend& backend) {
  Graph graph;
  const TensorType square{DType::float32, Shape{1024, 1024}};
  graph.outputs.push_back(port(matmul(graph.input("a", square), graph.input("b", square))));
  const auto plan = compile(graph, backend, reference_backend(), {});
  Arena arena(backend);
  Run run(plan, backend, arena, {});
  for (std::size_t i = 0; i < 2; ++i) run.set_input(i, normal({1024, 1024}));
  run();
  return 2.0 * 1024 * 1024 * 1024 / seconds([&] { run(); }, 4);
}

// Bytes per second, read and written counted, of two threads that copy.
double copy_rate() {
  constexpr std::size_t half = 32u << 20;
  std::vector<char> from(2 * half, 1), to(2 * half);
  const auto both = [&] {
    std::thread other([&] { std::memcpy(to.data() + half, from.data() + half, half); });
    std::memcpy(to.data(), from.data(), half);
    other.join();
  };
  return 4.0 * half / seconds(both, 2);
}

// Arithmetic of a step (no gradient of the first layer's input), and bytes that Adam cannot avoid: weight, gradient, two slots
// read; weight and slots written.
struct Work { double flop, bytes; };
Work work_of(const std::string& name) {
  const auto dense = [](double batch, std::initializer_list<double> sizes) {
    double flop = 0, weights = 0;
    for (auto in = sizes.begin(); in + 1 != sizes.end(); ++in) {
      flop += 2 * batch * in[0] * in[1] * (in == sizes.begin() ? 2 : 3);
      weights += in[0] * in[1] + in[1];
    }
    return Work{flop, weights * 28};
  };
  if (name == "mlp") return dense(128, {784, 512, 512, 10});
  if (name == "mlp_b32") return dense(32, {784, 512, 512, 10});
  if (name == "tabular") return dense(256, {28, 256, 256, 1});
  if (name == "mnist_cnn") return {1.825e9, 34826.0 * 28};
  return {0, 0};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: regions WORKLOAD [THREADS]\n");
    return 2;
  }
  Workload w = make_workload(argv[1], {.threads = argc > 2 ? std::atoi(argv[2]) : 0});
  w.model.compile({.optimizer = w.optimizer, .loss = w.loss});
  ModelState& state = w.model.state();
  const Dataset batch{w.x.rows(0, w.batch), w.y.rows(0, w.batch), {}};
  CompiledStep& step = state.train_step(batch_types(state, batch, false));
  const auto columns = named_columns(state, batch);
  const auto worker = step.take();
  Run& run = worker->run_for(step.bind(columns));
  for (std::size_t i = 0; i < run.plan().inputs.size(); ++i) run.set_input(i, columns.at(run.plan().inputs[i].name));
  for (int i = 0; i < 20; ++i) run();
  const double whole = seconds([&] { run(); }, 10);
  double sum = 0;
  std::map<std::int32_t, double> of_step;
  for (std::size_t c = 0; c < run.calls().size(); ++c) {
    const double s = seconds([&] { step.backend().run(run.calls().subspan(c, 1)); }, 10);
    of_step[run.plan().calls[c].step] += s;
    sum += s;
  }
  const double gemm = gemm_rate(step.backend()), copy = copy_rate();
  const Work work = work_of(argv[1]);
  const double floor = work.flop / gemm + work.bytes / copy;
  std::printf("gemm %.0f GFLOP/s, copy %.1f GB/s", gemm * 1e-9, copy * 1e-9);
  if (work.flop > 0) std::printf("; floor %.3f ms, the step is %.2f of it", floor * 1e3, whole / floor);
  std::printf("\n%s: %zu calls, %.3f ms a step, %.3f ms call by call, arena %.2f MiB\n", argv[1], run.calls().size(), whole * 1e3, sum * 1e3,
              static_cast<double>(run.plan().arena_bytes) / 1048576);
  for (const auto& [index, s] : of_step) {
    const PlannedStep& p = run.plan().steps[static_cast<std::size_t>(index)];
    std::printf("%9.1f us  %-28s %-40s %s\n", s * 1e6, p.place.c_str(), p.kernel.c_str(), p.ops.substr(0, 120).c_str());
  }
}
