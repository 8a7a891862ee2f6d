#include "benchmarks/peers/machine_state.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

namespace strata::peers {
namespace {

double ticks() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

}  // namespace

double seconds_since_exec() {
  std::ifstream stat("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 22; ++i) fields >> skipped;
  double started = 0, up = 0;
  fields >> started;
  std::ifstream("/proc/uptime") >> up;
  return up - started / ticks();
}

double core_latency_ns() {
  constexpr int chunks = 12, trips = 500;
  using Clock = std::chrono::steady_clock;
  alignas(128) std::atomic<int> flag{0};
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
      best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count() / trips);
    }
  });
  ask.join();
  answer.join();
  return best * 1e9;
}

double cpu_of_others() {
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  stat >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  rusage mine{};
  getrusage(RUSAGE_SELF, &mine);
  return (user + nice + system + irq + softirq + steal) / ticks() - static_cast<double>(mine.ru_utime.tv_sec + mine.ru_stime.tv_sec) -
         static_cast<double>(mine.ru_utime.tv_usec + mine.ru_stime.tv_usec) * 1e-6;
}

}  // namespace strata::peers
