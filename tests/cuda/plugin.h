// The CUDA plug-in, opened as a program opens it; and its kernels without a device.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "backend/backend.h"
#include "src/compile/backends.h"
#include "tests/cpu/plugin.h"
#include "tests/cuda/emulator/emulator.h"

namespace strata {

inline std::filesystem::path library_path(const std::string& library) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" / library;
}
inline void* symbol_of(const std::string& library, const char* symbol) {
  void* const opened = dlopen(library_path(library).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) throw std::runtime_error(dlerror());
  void* const found = dlsym(opened, symbol);
  if (found == nullptr) throw std::runtime_error(library + " has no " + symbol);
  return found;
}

// A backend of a library, or null and why there is none.
struct CudaDevice {
  std::unique_ptr<Backend> backend;
  std::string why_not;
};
inline CudaDevice device_of(const std::string& library, const BackendOptions& options) {
  try {
    const auto factory = reinterpret_cast<BackendFactory>(symbol_of(library, "strata_backend"));
    return {std::unique_ptr<Backend>(factory(options)), ""};
  } catch (const std::exception& e) {
    return {nullptr, e.what()};
  }
}

// This machine's device.
inline CudaDevice cuda_device(const BackendOptions& options = {}) { return device_of("libstrata-cuda.so", options); }

// The same backend, its kernels too, on a host that stands for a device (tests/cuda/emulator). A build without the toolkit has none.
inline CudaDevice emulated_device(const BackendOptions& options = {}) {
  setenv("XDG_CACHE_HOME", "/dev/null", 1);  // what is compiled is compiled together, not kept
  return device_of("libstrata-cuda-emulated.so", options);
}

// What ran there since it was opened, and how much memory it has.
inline emulator::Counts emulated_counts() {
  emulator::Counts now;
  reinterpret_cast<emulator::EmulatorCounts>(symbol_of("libstrata-cuda-emulated.so", "strata_emulator_counts"))(&now);
  return now;
}
inline void set_emulated_memory(std::size_t bytes) {
  reinterpret_cast<emulator::EmulatorMemory>(symbol_of("libstrata-cuda-emulated.so", "strata_emulator_memory"))(bytes);
}

// The name by which models open one of them, "emulated" or "device"; "" where it is missing.
struct CudaName { std::string name, why_not; };
inline CudaName cuda_name(const std::string& which) {
  const CudaDevice found = which == "emulated" ? emulated_device() : cuda_device();
  if (!found.backend) return {"", found.why_not};
  if (which == "device") return {"cuda", ""};
  [[maybe_unused]] static const bool registered = [] {
    register_backend("emulated", [](const BackendOptions& options) { return std::shared_ptr<Backend>(emulated_device(options).backend); });
    return true;
  }();
  return {"emulated", ""};
}

// The makers' answers for a device of this compute capability, which need not be there. Null where the build has no toolkit.
inline std::unique_ptr<Backend> cuda_planner(int capability, bool tensor_float32 = false) {
  if (!std::filesystem::exists(library_path("libstrata-cuda-kernels.so"))) return nullptr;
  return std::unique_ptr<Backend>(reinterpret_cast<Backend* (*)(int, bool)>(symbol_of("libstrata-cuda-kernels.so", "strata_cuda_planner"))(capability, tensor_float32));
}
#define STRATA_NEEDS_TOOLKIT(planner) \
  if (!(planner)) GTEST_SKIP() << "this build is without the CUDA Toolkit"

// A test that runs on the host that stands for a device, and on a device; where one is missing it is skipped by name.
class OnDevices : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    device = GetParam() == std::string_view("emulated") ? emulated_device() : cuda_device();
    if (!device.backend) GTEST_SKIP() << "no CUDA device: " << device.why_not;
  }
  CudaDevice device;
};
#define STRATA_ON_DEVICES(suite) \
  INSTANTIATE_TEST_SUITE_P(Cuda, suite, testing::Values("emulated", "device"), [](const auto& info) { return std::string(info.param); })

}  // namespace strata
