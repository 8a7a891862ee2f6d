// Where the time of a training step or a prediction goes, region by region: each region of the plan in its place in a
// whole step, the slowest first. Beside it the machine's ceilings of this very run, and
// the floor that follows from them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>

#include "benchmarks/peers/ceilings.h"
#include "benchmarks/peers/work.h"
#include "benchmarks/peers/workloads.h"
#include "src/model/step_trial.h"

using namespace strata;
using namespace strata::peers;

namespace {

void print_regions(const std::string& name, int threads) {
  Workload w = make_workload(name, {.threads = threads});
  ModelState& state = w.model.state();
  StepTrial trial(state, w.batch);
  for (int i = 0; i < 2; ++i) trial.seconds();
  const double whole = trial.seconds();
  const std::vector<double> parts = trial.seconds_of_steps();
  const Plan& plan = trial.plan();

  const Work work = work_of(state, w.batch);
  Copy copy(work.working_set);
  const double flops = Gemm::flop / Gemm(*state.backend()).seconds(), bytes = copy.bytes() / copy.seconds();
  const double least = floor_of(work.tasks, flops, bytes);
  std::printf("%s: gemm %.0f GFLOP/s, copy %.1f GB/s in %.1f MiB; floor %.4f ms, measured %.2f of it\n", name.c_str(), flops * 1e-9, bytes * 1e-9,
              work.working_set / 1048576, least * 1e3, whole / least);
  std::printf("%zu calls, %.4f ms, %.4f ms region by region, arena %.2f MiB\n", plan.calls.size(), whole * 1e3,
              std::accumulate(parts.begin(), parts.end(), 0.0) * 1e3, static_cast<double>(plan.arena_bytes) / 1048576);

  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return parts[a] > parts[b]; });
  for (const std::size_t i : order) {
    const PlannedStep& p = plan.steps[i];
    std::printf("%9.1f us  %-28s %-40s %s\n", parts[i] * 1e6, p.place.c_str(), p.kernel.c_str(), p.ops.substr(0, 120).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: regions WORKLOAD [THREADS]\n");
    return 2;
  }
  try {
    print_regions(argv[1], argc > 2 ? std::atoi(argv[2]) : 0);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
