// Where a training step's time goes, region by region: each call of the plan is run alone, again and again, on the data that
// the step before it left. The sum is above the step's own time where caches and threads are warmer in company.
#include <algorithm>
#include <chrono>
#include <map>

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
  std::printf("%s: %zu calls, %.3f ms a step, %.3f ms call by call, arena %.2f MiB\n", argv[1], run.calls().size(), whole * 1e3, sum * 1e3,
              static_cast<double>(run.plan().arena_bytes) / 1048576);
  for (const auto& [index, s] : of_step) {
    const PlannedStep& p = run.plan().steps[static_cast<std::size_t>(index)];
    std::printf("%9.1f us  %-28s %-40s %s\n", s * 1e6, p.place.c_str(), p.kernel.c_str(), p.ops.substr(0, 120).c_str());
  }
}
