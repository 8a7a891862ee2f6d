#include "timing.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>
#include <pthread.h>
#include <string>
#include <thread>

namespace strata::measure {

using Clock = std::chrono::steady_clock;

static double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

std::vector<double> alternate(const std::vector<std::function<void()>>& contestants, int rounds, double window_ms) {
  std::vector<int> calls;
  for (auto& run : contestants) {
    run();
    auto begin = Clock::now();
    run();
    calls.push_back(std::max(1, static_cast<int>(std::ceil(window_ms / ms_since(begin)))));
  }
  std::vector<std::vector<double>> windows(contestants.size());
  for (int round = 0; round < rounds; ++round)
    for (size_t c = 0; c < contestants.size(); ++c) {
      contestants[c]();
      auto begin = Clock::now();
      for (int i = 0; i < calls[c]; ++i) contestants[c]();
      windows[c].push_back(ms_since(begin) / calls[c]);
    }
  std::vector<double> best;
  for (auto& w : windows) best.push_back(*std::min_element(w.begin(), w.end()));
  return best;
}

double core_distance_ns() {
  constexpr int chunks = 12, trips = 500;
  alignas(128) std::atomic<int> flag{0};
  double best = 1e9;      // of the chunks: another thread may still be spinning on these cores
  auto pin = [](int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  };
  std::thread pong([&] {
    pin(1);
    for (int i = 0; i < chunks * trips; ++i) {
      while (flag.load(std::memory_order_acquire) != 2 * i + 1) {
      }
      flag.store(2 * i + 2, std::memory_order_release);
    }
  });
  std::thread ping([&] {
    pin(0);
    for (int chunk = 0, i = 0; chunk < chunks; ++chunk) {
      auto begin = Clock::now();
      for (int end = i + trips; i < end; ++i) {
        flag.store(2 * i + 1, std::memory_order_release);
        while (flag.load(std::memory_order_acquire) != 2 * i + 2) {
        }
      }
      best = std::min(best, ms_since(begin) * 1e6 / trips);
    }
  });
  ping.join();
  pong.join();
  return best;
}

void print_machine() {
  std::ifstream info("/proc/cpuinfo");
  std::string line, family, model, name;
  while (std::getline(info, line) && !line.empty()) {
    auto value = line.substr(std::min(line.size(), line.find(':') + 2));
    if (line.rfind("cpu family", 0) == 0) family = value;
    if (line.rfind("model\t", 0) == 0) model = value;
    if (line.rfind("model name", 0) == 0) name = value;
  }
  auto* v = dnnl_version();
  std::printf("%s family %s model %s, %d processors; oneDNN %d.%d.%d, isa %d; g++ %s; core distance", name.c_str(),
              family.c_str(), model.c_str(), omp_get_num_procs(), v->major, v->minor, v->patch,
              static_cast<int>(dnnl::get_effective_cpu_isa()), __VERSION__);
  if (omp_get_num_procs() > 1) {
    double ns = core_distance_ns();
    std::printf(" %.0f ns (%s)\n", ns, ns < 150 ? "near" : "far");
  } else {
    std::printf(" not measured: one processor\n");
  }
}

}      // namespace strata::measure
