#include "benchmarks/ceilings/device.h"

#include <algorithm>
#include <stdexcept>

namespace strata::ceilings {
namespace {

[[noreturn]] void fail(const char* what, const std::string& why) { throw std::runtime_error(std::string(what) + ": " + why); }

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "making an event"); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }
  void record() { check(cudaEventRecord(event_, stream()), "recording an event"); }
  double us_since(const Event& begin) const {
    float ms = 0;
    check(cudaEventSynchronize(event_), "waiting for the device");
    check(cudaEventElapsedTime(&ms, begin.event_, event_), "reading the time");
    return ms * 1e3;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace

void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) fail(what, std::string(cudaGetErrorString(status)) + " (" + cudaGetErrorName(status) + ")");
}
void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS) fail(what, cublasLtGetStatusString(status));
}
void check(cudnnStatus_t status, const char* what) {
  if (status != CUDNN_STATUS_SUCCESS) fail(what, cudnnGetErrorString(status));
}

std::string device_name() {
  int devices = 0, driver = 0;
  check(cudaDriverGetVersion(&driver), "asking for NVIDIA's driver");
  if (driver == 0) throw std::runtime_error("no CUDA device: no NVIDIA driver is installed");
  check(cudaGetDeviceCount(&devices), "no CUDA device");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0), "asking for the device's properties");
  return properties.name;
}

cudaStream_t stream() {
  static const cudaStream_t made = [] {
    cudaStream_t s = nullptr;
    check(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking), "making a stream");
    return s;
  }();
  return made;
}

Memory::Memory(std::size_t bytes) : bytes_(bytes) { check(cudaMalloc(&data_, std::max<std::size_t>(bytes, 1)), "asking for memory"); }

double least_us(const std::function<void()>& enqueue) {
  constexpr double shortest = 5e3;
  Event begin, end;
  double best = 1e30;
  for (int i = 0; i < 3; ++i) enqueue();
  for (int repeats = 1, tries = 0; tries < 7;) {
    begin.record();
    for (int i = 0; i < repeats; ++i) enqueue();
    end.record();
    const double us = end.us_since(begin);
    if (us < shortest) {
      repeats *= 2;
      continue;
    }
    best = std::min(best, us / repeats);
    ++tries;
  }
  return best;
}

}  // namespace strata::ceilings
