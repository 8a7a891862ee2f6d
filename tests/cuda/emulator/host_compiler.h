// The texts of backend/cuda/pointwise_source.h by the host's compiler, instead of NVRTC.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <dlfcn.h>

namespace strata::emulator {

// A kernel as a function of the host. Its arguments are 8 bytes each.
struct HostKernel {
  unsigned (*arguments)() = nullptr;  // how many they are
  void (*run)(void** arguments, unsigned blocks, unsigned threads) = nullptr;  // block by block and thread by thread: none waits for another
};

// Compiles all texts that it was given so far at once, when a kernel of one is asked for. Its libraries stay open.
class HostCompiler {
 public:
  void add(const std::string& text) {
    if (number_.emplace(text, number_.size()).second) waiting_.push_back(text);
  }

  // "scalar" or "vector" of a text; empty where there is none of this name.
  HostKernel find(const std::string& text, const std::string& name) {
    add(text);
    if (!waiting_.empty()) compile();
    const std::string symbol = name + "_" + std::to_string(number_.at(text));
    HostKernel found;
    for (void* library : libraries_)
      if (void* const arguments = dlsym(library, ("arguments_" + symbol).c_str())) {
        found.arguments = reinterpret_cast<unsigned (*)()>(arguments);
        found.run = reinterpret_cast<void (*)(void**, unsigned, unsigned)>(dlsym(library, ("run_" + symbol).c_str()));
      }
    return found;
  }

 private:
  static constexpr const char* begin_of_file = R"(#include <utility>
#define __global__
#define __device__
#define __launch_bounds__(n)
namespace { struct Place { unsigned x; } blockIdx, threadIdx, gridDim; }
#include "backend/cuda/arithmetic.h"
template <class... A>
unsigned count(void (*)(A...)) { static_assert(((sizeof(A) == 8) && ...)); return sizeof...(A); }
template <class... A, std::size_t... I>
void run(void (*kernel)(A...), void** arguments, unsigned blocks, unsigned threads, std::index_sequence<I...>) {
  gridDim.x = blocks;
  for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
    for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x) kernel(*static_cast<A*>(arguments[I])...);
}
template <class... A>
void run(void (*kernel)(A...), void** arguments, unsigned blocks, unsigned threads) {
  run(kernel, arguments, blocks, threads, std::index_sequence_for<A...>());
}
)";

  void compile() {
    std::string folder = std::filesystem::temp_directory_path() / "strata-kernels-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("there is no place for compiled kernels in " + folder);
    const std::filesystem::path source = folder + "/kernels.cpp", compiled = folder + "/kernels.so";
    write(source);
    const std::string command =
        STRATA_COMPILER " -std=c++20 -O0 -w -shared -fPIC -I " STRATA_SOURCE_DIR " -I " STRATA_SOURCE_DIR "/include -o " + compiled.string() + " " + source.string();
    if (std::system(command.c_str()) != 0) throw std::runtime_error("the host's compiler refuses a kernel in " + source.string());
    void* const library = dlopen(compiled.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    libraries_.push_back(library);
    waiting_.clear();
    std::filesystem::remove_all(folder);
  }

  // Every text names its kernels alike: each gets a number.
  void write(const std::filesystem::path& path) const {
    std::ofstream file(path);
    file << begin_of_file;
    for (const std::string& text : waiting_) {
      const std::string n = std::to_string(number_.at(text));
      file << "#define scalar scalar_" << n << "\n#define vector vector_" << n << "\nnamespace region" << n << " {\n"
           << text.substr(text.find('\n') + 1) << "}\n#undef scalar\n#undef vector\n";  // but for its #include
      for (const std::string& kernel : {"scalar_" + n, "vector_" + n})
        file << "extern \"C\" unsigned arguments_" << kernel << "() { return count(region" << n << "::" << kernel << "); }\n"
             << "extern \"C\" void run_" << kernel << "(void** a, unsigned blocks, unsigned threads) { run(region" << n << "::" << kernel << ", a, blocks, threads); }\n";
    }
  }

  std::map<std::string, std::size_t> number_;
  std::vector<std::string> waiting_;
  std::vector<void*> libraries_;
};

}  // namespace strata::emulator
