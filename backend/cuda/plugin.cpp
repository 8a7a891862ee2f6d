// libstrata-cuda.so: a small library that looks for a device before NVIDIA's large ones are opened (measured: 0.1 s, and 1 s when
// they are not in the page cache).
#include <filesystem>
#include <stdexcept>

#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "backend/backend.h"
#include "backend/cuda/device.h"

namespace strata::cuda {
namespace {

// Initialises no device.
Installed installed() {
  Installed found;
  cudaRuntimeGetVersion(&found.runtime);
  if (cudaDriverGetVersion(&found.driver) != cudaSuccess) found.driver = 0;
  cudaError_t status = cudaGetDeviceCount(&found.devices);
  if (status == cudaErrorNoDevice) status = cudaSuccess, found.devices = 0;
  cudaDeviceProp properties{};
  if (status == cudaSuccess && found.devices > 0) status = cudaGetDeviceProperties(&properties, 0);
  if (status != cudaSuccess) {
    found.devices = 0;
    found.error = fmt::format("{} ({})", cudaGetErrorString(status), cudaGetErrorName(status));
    cudaGetLastError();  // forgets it
    return found;
  }
  if (found.devices > 0) {
    found.name = properties.name;
    found.capability = 10 * properties.major + properties.minor;
  }
  return found;
}

}  // namespace
}  // namespace strata::cuda

extern "C" __attribute__((visibility("default"))) strata::Backend* strata_backend(const strata::BackendOptions& options) {
  if (const std::string why = strata::cuda::why_not(strata::cuda::installed()); !why.empty()) throw std::runtime_error(why);
  Dl_info here{};
  dladdr(reinterpret_cast<const void*>(&strata_backend), &here);
  const auto path = std::filesystem::canonical(here.dli_fname).parent_path() / "libstrata-cuda-kernels.so";
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(std::string("its kernels cannot be opened: ") + dlerror());
  void* const factory = dlsym(library, "strata_backend");
  if (factory == nullptr) throw std::runtime_error(path.string() + " is of another version: it has no strata_backend");
  return reinterpret_cast<strata::BackendFactory>(factory)(options);
}
