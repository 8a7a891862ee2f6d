// NVRTC and the kernels that it compiles: the host's compiler takes their text when one is started.
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>
#include <nvrtc.h>

#include "tests/cuda/emulator/device.h"
#include "tests/cuda/emulator/host_compiler.h"

struct _nvrtcProgram {
  std::string source;
};
struct CUlib_st {
  std::string source;
  std::map<std::string, std::unique_ptr<CUkern_st>> kernels;
};
struct CUkern_st {
  const CUlib_st* library;
  std::string name;
};

namespace strata::emulator {
namespace {

std::mutex mutex;
HostCompiler& compiler() {
  static HostCompiler made;
  return made;
}

}  // namespace
}  // namespace strata::emulator

using namespace strata::emulator;

extern "C" {

nvrtcResult nvrtcVersion(int* major, int* minor) { return *major = *minor = 0, NVRTC_SUCCESS; }  // of which no device's code is
nvrtcResult nvrtcGetNumSupportedArchs(int* count) { return *count = 1, NVRTC_SUCCESS; }
nvrtcResult nvrtcGetSupportedArchs(int* architectures) { return architectures[0] = 80, NVRTC_SUCCESS; }
const char* nvrtcGetErrorString(nvrtcResult) { return "error"; }
nvrtcResult nvrtcCreateProgram(nvrtcProgram* program, const char* source, const char*, int, const char* const*, const char* const*) {
  return *program = new _nvrtcProgram{source}, NVRTC_SUCCESS;
}
nvrtcResult nvrtcDestroyProgram(nvrtcProgram* program) { return delete *program, NVRTC_SUCCESS; }
nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int, const char* const*) {
  const std::lock_guard lock(mutex);
  compiler().add(program->source);
  return NVRTC_SUCCESS;
}
nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram, std::size_t* size) { return *size = 1, NVRTC_SUCCESS; }
nvrtcResult nvrtcGetProgramLog(nvrtcProgram, char* log) { return *log = 0, NVRTC_SUCCESS; }
// The code is the text, with its final zero.
nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, std::size_t* size) { return *size = program->source.size() + 1, NVRTC_SUCCESS; }
nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char* code) { return std::strcpy(code, program->source.c_str()), NVRTC_SUCCESS; }
nvrtcResult nvrtcGetPTXSize(nvrtcProgram, std::size_t*) { return NVRTC_ERROR_INVALID_INPUT; }
nvrtcResult nvrtcGetPTX(nvrtcProgram, char*) { return NVRTC_ERROR_INVALID_INPUT; }

cudaError_t cudaLibraryLoadData(cudaLibrary_t* library, const void* code, cudaJitOption*, void**, unsigned, cudaLibraryOption*, void**, unsigned) {
  *library = new CUlib_st{static_cast<const char*>(code), {}};
  return cudaSuccess;
}
cudaError_t cudaLibraryUnload(cudaLibrary_t library) { return delete library, cudaSuccess; }
cudaError_t cudaLibraryGetKernel(cudaKernel_t* kernel, cudaLibrary_t library, const char* name) {
  const std::lock_guard lock(mutex);
  auto& known = library->kernels[name];
  if (!known) known = std::make_unique<CUkern_st>(CUkern_st{library, name});
  *kernel = known.get();
  return cudaSuccess;
}

// Of a compiled text's kernels alone: those of .cu files are started by their types (cuda_runtime_api.h).
cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments, std::size_t, cudaStream_t stream) {
  const auto* const kernel = static_cast<const CUkern_st*>(function);
  const std::lock_guard lock(mutex);
  const HostKernel compiled = compiler().find(kernel->library->source, kernel->name);
  if (compiled.arguments == nullptr) return cudaErrorInvalidDeviceFunction;
  std::vector<std::uint64_t> values(compiled.arguments());
  for (std::size_t i = 0; i < values.size(); ++i) std::memcpy(&values[i], arguments[i], sizeof values[i]);
  return enqueue(stream, [=] {
    std::vector<std::uint64_t> own = values;
    std::vector<void*> addresses;
    for (std::uint64_t& value : own) addresses.push_back(&value);
    compiled.run(addresses.data(), grid.x, block.x);
  });
}

}  // extern "C"
