// Kernels compiled from text on the user's machine, kept in memory and on disk.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>

namespace strata::cuda {

// Machine code for a device of this compute capability (PTX, where this NVRTC does not know it yet). Needs no device. Text that
// does not compile is an error with the compiler's words. On disk it lies in $XDG_CACHE_HOME/strata/cuda, else
// ~/.cache/strata/cuda, which must be a folder of this user's that no other can write or read; otherwise it is compiled each time.
std::string compiled(const std::string& source, int capability);

// A compiled source, loaded when its first kernel is asked for.
class Module {
 public:
  explicit Module(std::string code) : code_(std::move(code)) {}
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module();
  cudaKernel_t kernel(const char* name) const;

 private:
  std::string code_;
  mutable std::mutex mutex_;
  mutable cudaLibrary_t library_ = nullptr;
};

// One per text and capability in the process.
std::shared_ptr<const Module> module_of(const std::string& source, int capability);

}  // namespace strata::cuda
