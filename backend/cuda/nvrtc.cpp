#include "backend/cuda/nvrtc.h"

#include <map>
#include <stdexcept>

#include <fmt/format.h>
#include <nvrtc.h>

#include "backend/cuda/kernel_cache.h"
#include "backend/cuda/pointwise_source.h"
#include "backend/cuda/status.h"

namespace strata::cuda {
namespace {

// "sm_90", or "compute_120" (PTX for the driver to compile) where the device is newer than this NVRTC.
std::string architecture_for(int capability) {
  int count = 0;
  check(nvrtcGetNumSupportedArchs(&count), "asking NVRTC for its architectures");
  std::vector<int> known(static_cast<std::size_t>(count));
  check(nvrtcGetSupportedArchs(known.data()), "asking NVRTC for its architectures");
  int best = 0;
  for (const int arch : known)
    if (arch <= capability && arch > best) best = arch;
  if (best == 0) throw std::runtime_error(fmt::format("NVRTC knows no architecture for compute capability {}.{}", capability / 10, capability % 10));
  return fmt::format("{}_{}", best == capability ? "sm" : "compute", best);
}

struct Program {
  nvrtcProgram program = nullptr;
  Program() = default;
  Program(const Program&) = delete;
  ~Program() {
    if (program != nullptr) nvrtcDestroyProgram(&program);
  }
};

std::string compile(const std::string& source, const std::string& architecture) {
  const char* const headers[] = {functors_text, arithmetic_text};
  const char* const names[] = {"backend/functors.h", "backend/cuda/arithmetic.h"};
  Program made;
  check(nvrtcCreateProgram(&made.program, source.c_str(), "region.cu", 2, headers, names), "giving NVRTC a source");
  const std::string arch = "--gpu-architecture=" + architecture;
  const char* const options[] = {arch.c_str(), "--std=c++17", "--device-as-default-execution-space"};
  const nvrtcResult status = nvrtcCompileProgram(made.program, 3, options);
  std::size_t size = 0;
  if (status != NVRTC_SUCCESS) {
    std::string log;
    if (nvrtcGetProgramLogSize(made.program, &size) == NVRTC_SUCCESS && size > 1) {
      log.resize(size);
      nvrtcGetProgramLog(made.program, log.data());
      log.pop_back();  // its final zero
    }
    throw std::runtime_error(fmt::format("NVRTC ({}) could not compile a kernel for {}:\n{}\nof this source:\n{}", nvrtcGetErrorString(status), architecture, log, source));
  }
  const bool is_cubin = architecture[0] == 's';
  check(is_cubin ? nvrtcGetCUBINSize(made.program, &size) : nvrtcGetPTXSize(made.program, &size), "taking a kernel from NVRTC");
  std::string code(size, '\0');
  check(is_cubin ? nvrtcGetCUBIN(made.program, code.data()) : nvrtcGetPTX(made.program, code.data()), "taking a kernel from NVRTC");
  return code;
}

}  // namespace

std::string compiled(const std::string& source, int capability) {
  const std::string architecture = architecture_for(capability);
  int major = 0, minor = 0;
  check(nvrtcVersion(&major, &minor), "asking for NVRTC's version");
  const std::string key = fmt::format("{} {}.{}\n{}{}{}", architecture, major, minor, functors_text, arithmetic_text, source);
  const std::string folder = kernel_cache_folder();
  if (auto known = cached_kernel(folder, key)) return *std::move(known);
  std::string code = compile(source, architecture);
  cache_kernel(folder, key, code);
  return code;
}

Module::~Module() {
  if (library_ != nullptr) cudaLibraryUnload(library_);
}

cudaKernel_t Module::kernel(const char* name) const {
  const std::lock_guard lock(mutex_);
  if (library_ == nullptr) check(cudaLibraryLoadData(&library_, code_.data(), nullptr, nullptr, 0, nullptr, nullptr, 0), "loading a compiled kernel");
  cudaKernel_t kernel = nullptr;
  check(cudaLibraryGetKernel(&kernel, library_, name), "finding a compiled kernel");
  return kernel;
}

std::shared_ptr<const Module> module_of(const std::string& source, int capability) {
  static std::mutex mutex;
  static std::map<std::pair<int, std::string>, std::weak_ptr<const Module>> modules;
  const std::lock_guard lock(mutex);
  auto& known = modules[{capability, source}];
  if (auto module = known.lock()) return module;
  auto module = std::make_shared<const Module>(compiled(source, capability));
  known = module;
  return module;
}

}  // namespace strata::cuda
