// Strata as a contestant in the peers' benchmark: trains one workload and speaks its line protocol. One JSON object when
// ready; then, for every line `turn`, one JSON line with the milliseconds per step of one window (one epoch of fit).
//
//     python compare.py --workloads mlp --contestant "strata=build/bin/turns {workload} {threads}" --out results.json
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

#include "workloads.h"

using namespace strata;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double seconds_since_exec() {
  std::ifstream stat("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 22; ++i) fields >> skipped;
  double started = 0, up = 0;
  fields >> started;
  std::ifstream("/proc/uptime") >> up;
  return up - started / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Round trip of a cache line between the first two cores, in nanoseconds: which of a virtual machine's states this is.
double core_latency_ns() {
  constexpr int chunks = 12, trips = 500;
  alignas(128) std::atomic<int> flag{0};
  const auto pin = [](int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  };
  double best = 1e9;
  std::thread answer([&] {
    pin(1);
    for (int i = 0; i < chunks * trips; ++i) {
      while (flag.load(std::memory_order_acquire) != 2 * i + 1) {}
      flag.store(2 * i + 2, std::memory_order_release);
    }
  });
  std::thread ask([&] {
    pin(0);
    for (int chunk = 0, i = 0; chunk < chunks; ++chunk) {
      const auto begin = Clock::now();
      for (const int end = i + trips; i < end; ++i) {
        flag.store(2 * i + 1, std::memory_order_release);
        while (flag.load(std::memory_order_acquire) != 2 * i + 2) {}
      }
      best = std::min(best, seconds_since(begin) / trips);
    }
  });
  ask.join();
  answer.join();
  return best * 1e9;
}

double cpu_of_machine() {  // seconds that all processes together have used
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0;
  stat >> name >> user >> nice >> system;
  return (user + nice + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}
double cpu_of_process() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: turns WORKLOAD [THREADS]\n");
    return 2;
  }
  Workload w = make_workload(argv[1], {.threads = argc > 2 ? std::atoi(argv[2]) : 0});
  w.model.compile({.optimizer = w.optimizer, .loss = w.loss});
  const auto first = [&](std::int64_t rows) { return std::pair(w.x.rows(0, rows), w.y.rows(0, rows)); };
  const auto epoch = [&](std::int64_t steps) {
    const auto [x, y] = first(steps * w.batch);
    const auto begin = Clock::now();
    const History h = w.model.fit(x, y, {.batch_size = w.batch, .verbose = 0});
    return std::pair(seconds_since(begin) / static_cast<double>(steps), h["loss"].back());
  };
  epoch(1);
  const double first_step = seconds_since_exec();
  const std::int64_t most = w.x.dim(0) / w.batch;
  double step = epoch(std::min<std::int64_t>(most, 8)).first;
  step = epoch(std::min<std::int64_t>(most, 16)).first;
  const std::int64_t steps = std::clamp<std::int64_t>(static_cast<std::int64_t>(1.0 / step), 1, most);
  epoch(steps);
  std::printf("{\"framework\": \"strata\", \"parameters\": %lld, \"first_step_s\": %.3f}\n",
              static_cast<long long>(w.model.summary().trainable_params), first_step);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line) && line == "turn";) {
    const double near_before = core_latency_ns();
    const double machine = cpu_of_machine(), mine = cpu_of_process();
    const auto begin = Clock::now();
    const auto [seconds, loss] = epoch(steps);
    const double wall = seconds_since(begin);
    const double other = std::max(0.0, cpu_of_machine() - machine - (cpu_of_process() - mine)) / wall;
    std::printf("[{\"loop\": \"fit\", \"name\": \"default\", \"steps\": %lld, \"ms\": %.5f, \"loss\": %.6f, \"core_ns\": [%.0f, %.0f], \"other_cpu\": %.3f}]\n",
                static_cast<long long>(steps), seconds * 1e3, loss, near_before, core_latency_ns(), other);
    std::fflush(stdout);
  }
}
