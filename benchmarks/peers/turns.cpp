// Strata as a contestant in the peers' benchmark: runs one workload and speaks their line protocol. One JSON object when ready;
// then, for every line `turn`, one JSON line of windows:
//   fit          one epoch of Model::fit, through the steps that fill a second            (training)
//   call         Model::predict, tensor in and tensor out; and into a sink                (inference)
//   gemm, copy   the machine's ceilings at this minute; copy over the workload's own working set
// The first object also holds `work`, what a step cannot avoid doing as [flop, bytes] a task: with the ceilings, the floor.
//
//     python compare.py --workloads mlp --contestant "strata=build/bin/turns {workload} {threads}" --out results.json
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/peers/ceilings.h"
#include "benchmarks/peers/machine_state.h"
#include "benchmarks/peers/work.h"
#include "benchmarks/peers/workloads.h"

using namespace strata;
using namespace strata::peers;

namespace {

using Clock = std::chrono::steady_clock;
constexpr double window_seconds = 1, call_window_seconds = 0.4;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// One way of running the workload. window() gives seconds per step.
struct Way {
  std::string loop, name;
  std::int64_t steps = 1;
  std::function<double()> window;
};

class Contestant {
 public:
  Contestant(const std::string& workload, int threads)
      : workload_(make_workload(workload, {.threads = threads})), first_(workload_.x.rows(0, workload_.batch)) {
    if (workload_.trains()) prepare_fit();
    else prepare_calls();
    work_ = work_of(workload_.model.state(), workload_.batch);
    gemm_ = std::make_unique<Gemm>(*workload_.model.state().backend());
    copy_ = std::make_unique<Copy>(work_.working_set);
    add("gemm", "1024^3", 1, [this] { return gemm_->seconds(); });
    add("copy", "working set", 1, [this] { return copy_->seconds(); });
  }

  void introduce() const {
    std::printf("{\"framework\": \"strata\", \"parameters\": %lld, \"first_step_s\": %.3f, \"gemm_flop\": %.0f, \"copy_bytes\": %.0f, \"work\": [",
                static_cast<long long>(workload_.model.summary().trainable_params), first_step_, Gemm::flop, copy_->bytes());
    for (std::size_t i = 0; i < work_.tasks.size(); ++i)
      std::printf("%s[%.0f, %.0f]", i ? ", " : "", work_.tasks[i].flop, work_.tasks[i].bytes);
    std::printf("]}\n");
    std::fflush(stdout);
  }

  // What other processes used is said of the whole turn: the system counts in hundredths of a second, too coarse for one
  // short window.
  void turn() {
    struct Result { double step, before, after; };
    std::vector<Result> results;
    const double others = cpu_of_others();
    const auto begin = Clock::now();
    for (const Way& way : ways_) {
      const double before = core_latency_ns(), step = way.window();
      results.push_back({step, before, core_latency_ns()});
    }
    const double other = std::max(0.0, cpu_of_others() - others) / seconds_since(begin);
    for (std::size_t i = 0; i < ways_.size(); ++i) {
      std::printf("%s{\"loop\": \"%s\", \"name\": \"%s\", \"steps\": %lld, \"ms\": %.6f, \"loss\": ", i ? ", " : "[", ways_[i].loop.c_str(),
                  ways_[i].name.c_str(), static_cast<long long>(ways_[i].steps), results[i].step * 1e3);
      ways_[i].loop == "fit" ? std::printf("%.6f", loss_) : std::printf("null");
      std::printf(", \"core_ns\": [%.0f, %.0f], \"other_cpu\": %.3f}", results[i].before, results[i].after, other);
    }
    std::printf("]\n");
    std::fflush(stdout);
  }

 private:
  void add(std::string loop, std::string name, std::int64_t steps, std::function<double()> window) {
    ways_.push_back({std::move(loop), std::move(name), steps, std::move(window)});
  }

  void prepare_fit() {
    const std::int64_t most = workload_.x.dim(0) / workload_.batch;
    epoch(1);
    first_step_ = seconds_since_exec();
    epoch(std::min<std::int64_t>(most, 8));
    const std::int64_t steps = steps_for(epoch(std::min<std::int64_t>(most, 16)), window_seconds, most);
    epoch(steps);
    add("fit", "default", steps, [this, steps] { return epoch(steps); });
  }
  double epoch(std::int64_t steps) {
    const Tensor x = workload_.x.rows(0, steps * workload_.batch), y = workload_.y.rows(0, steps * workload_.batch);
    const auto begin = Clock::now();
    const History h = workload_.model.fit(x, y, {.batch_size = workload_.batch, .verbose = 0});
    loss_ = h["loss"].back();
    return seconds_since(begin) / static_cast<double>(steps);
  }

  void prepare_calls() {
    const PredictArguments whole{.batch_size = workload_.batch};
    const auto predict = [this, whole] { sum_ += workload_.model.predict(first_, whole).columns()[0].second.at(0); };
    const auto into_sink = [this, whole] {
      workload_.model.predict(first_, [this](const Arrays& y) { sum_ += y.columns()[0].second.at(0); }, whole);
    };
    predict();
    first_step_ = seconds_since_exec();
    add_calls("predict", predict);
    add_calls("predict into a sink", into_sink);
  }
  // As the peers' call_way: half a second of warming up, then windows of 0.4 s.
  void add_calls(const std::string& name, const std::function<void()>& call) {
    const auto repeat = [call](std::int64_t count) {
      const auto begin = Clock::now();
      for (std::int64_t i = 0; i < count; ++i) call();
      return seconds_since(begin) / static_cast<double>(count);
    };
    for (const auto begin = Clock::now(); seconds_since(begin) < 0.5;) call();
    const std::int64_t count = steps_for(repeat(2), call_window_seconds, 1 << 30);
    add("call", name, count, [repeat, count] { return repeat(count); });
  }

  static std::int64_t steps_for(double step, double window, std::int64_t most) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(window / step), 1, most);
  }

  Workload workload_;
  Tensor first_;
  Work work_;
  std::unique_ptr<Gemm> gemm_;
  std::unique_ptr<Copy> copy_;
  std::vector<Way> ways_;
  double first_step_ = 0, loss_ = 0, sum_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: turns WORKLOAD [THREADS]\n");
    return 2;
  }
  try {
    Contestant contestant(argv[1], argc > 2 ? std::atoi(argv[2]) : 0);
    contestant.introduce();
    for (std::string line; std::getline(std::cin, line) && line == "turn";) contestant.turn();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
