#include "benchmarks/peers/ceilings.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include <strata/ops.h>
#include "benchmarks/peers/workloads.h"
#include "src/compile/backends.h"
#include "src/compile/passes.h"
#include "src/compile/plan.h"

namespace strata::peers {
namespace {

// The best of several tries, each of about two milliseconds at least.
template <class F>
double least_seconds(F&& f) {
  double best = 1e9;
  for (int repeats = 1, tries = 0; tries < 7;) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) f();
    const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (s < 2e-3) {
      repeats *= 2;
      continue;
    }
    best = std::min(best, s / repeats);
    ++tries;
  }
  return best;
}

}  // namespace

struct Gemm::Prepared {
  explicit Prepared(Backend& backend) : arena(backend) {
    Graph graph;
    const TensorType square{DType::float32, Shape{1024, 1024}};
    graph.outputs.push_back(port(matmul(graph.input("a", square), graph.input("b", square))));
    run = std::make_unique<Run>(compile(graph, backend, reference_backend(), {}), backend, arena, std::vector<VariableMemory>{});
    for (std::size_t i = 0; i < 2; ++i) run->set_input(i, normal({1024, 1024}));
  }
  Arena arena;
  std::unique_ptr<Run> run;
};

Gemm::Gemm(Backend& backend) : prepared_(std::make_unique<Prepared>(backend)) {}
Gemm::~Gemm() = default;
double Gemm::seconds() {
  return least_seconds([&] { (*prepared_->run)(); });
}

Copy::Copy(double working_set) : from_(std::max<std::size_t>(4096, static_cast<std::size_t>(working_set / 2)), 1), to_(from_.size()) {}

double Copy::seconds() {
  return least_seconds([&] {
#pragma omp parallel
    {
      const std::size_t i = static_cast<std::size_t>(omp_get_thread_num()), n = static_cast<std::size_t>(omp_get_num_threads());
      const std::size_t begin = from_.size() * i / n, end = from_.size() * (i + 1) / n;
      std::memcpy(to_.data() + begin, from_.data() + begin, end - begin);
    }
  });
}

}  // namespace strata::peers
