// NVRTC and the kernels that it compiles: the host's compiler takes their text, all that was given so far at once, when the first is
// started.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <nvrtc.h>
#include <unistd.h>

#include "tests/cuda/emulator/device.h"

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

// What a compiled source exports for each of its kernels; a kernel's arguments are 8 bytes each.
struct Compiled {
  unsigned (*arguments)() = nullptr;
  void (*thread)(void** arguments, const unsigned* place) = nullptr;  // blockIdx.x, threadIdx.x, gridDim.x
};

constexpr const char* begin_of_file = R"(
#define __global__
#define __device__
#define __launch_bounds__(n)
namespace { struct Place { unsigned x; } blockIdx, threadIdx, gridDim; }
#include "backend/cuda/arithmetic.h"
template <class... A>
unsigned count(void (*)(A...)) { static_assert(((sizeof(A) == 8) && ...)); return sizeof...(A); }
template <class... A, unsigned long... I>
void run(void (*kernel)(A...), void** arguments, const unsigned* place, std::index_sequence<I...>) {
  blockIdx.x = place[0]; threadIdx.x = place[1]; gridDim.x = place[2];
  kernel(*static_cast<A*>(arguments[I])...);
}
template <class... A>
void run(void (*kernel)(A...), void** arguments, const unsigned* place) { run(kernel, arguments, place, std::index_sequence_for<A...>()); }
)";

class HostCompiler {
 public:
  void add(const std::string& source) {
    if (number_.emplace(source, number_.size()).second) waiting_.push_back(source);
  }

  Compiled find(const std::string& source, const std::string& kernel) {
    add(source);
    if (!waiting_.empty()) compile();
    const std::string name = kernel + "_" + std::to_string(number_.at(source));
    Compiled found;
    for (void* library : libraries_)
      if (void* const arguments = dlsym(library, ("arguments_" + name).c_str())) {
        found.arguments = reinterpret_cast<unsigned (*)()>(arguments);
        found.thread = reinterpret_cast<void (*)(void**, const unsigned*)>(dlsym(library, ("thread_" + name).c_str()));
      }
    return found;
  }

 private:
  void compile() {
    std::string folder = std::filesystem::temp_directory_path() / "strata-kernels-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("there is no place for compiled kernels");
    const std::filesystem::path at(folder);
    {
      std::ofstream file(at / "kernels.cpp");
      file << "#include <utility>" << begin_of_file;
      for (const std::string& source : waiting_) {
        const std::string n = std::to_string(number_.at(source));
        file << "#define scalar scalar_" << n << "\n#define vector vector_" << n << "\nnamespace region" << n << " {\n"
             << source.substr(source.find('\n') + 1) << "}\n#undef scalar\n#undef vector\n";  // but for its #include
        for (const char* kernel : {"scalar_", "vector_"})
          file << "extern \"C\" unsigned arguments_" << kernel << n << "() { return count(region" << n << "::" << kernel << n << "); }\n"
               << "extern \"C\" void thread_" << kernel << n << "(void** a, const unsigned* place) { run(region" << n << "::" << kernel << n << ", a, place); }\n";
      }
    }
    const std::string command = STRATA_COMPILER " -std=c++20 -O0 -w -shared -fPIC -I " STRATA_SOURCE_DIR " -I " STRATA_SOURCE_DIR "/include -o " +
                                (at / "kernels.so").string() + " " + (at / "kernels.cpp").string();
    if (std::system(command.c_str()) != 0) throw std::runtime_error("the host's compiler refuses a kernel in " + at.string());
    void* const library = dlopen((at / "kernels.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    libraries_.push_back(library);
    waiting_.clear();
    std::filesystem::remove_all(at);
  }

  std::map<std::string, std::size_t> number_;
  std::vector<std::string> waiting_;
  std::vector<void*> libraries_;
};

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
  const Compiled compiled = compiler().find(kernel->library->source, kernel->name);
  if (compiled.arguments == nullptr) return cudaErrorInvalidDeviceFunction;
  std::vector<std::uint64_t> values(compiled.arguments());
  for (std::size_t i = 0; i < values.size(); ++i) std::memcpy(&values[i], arguments[i], sizeof values[i]);
  return enqueue(stream, [=] {  // its threads do not wait for each other
    std::vector<std::uint64_t> own = values;
    std::vector<void*> addresses;
    for (std::uint64_t& value : own) addresses.push_back(&value);
    for (unsigned b = 0; b < grid.x; ++b)
      for (unsigned t = 0; t < block.x; ++t) compiled.thread(addresses.data(), std::array{b, t, grid.x}.data());
  });
}

}  // extern "C"
