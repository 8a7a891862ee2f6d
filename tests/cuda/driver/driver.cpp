// A stand-in for NVIDIA's driver where none is installed: it says that there is no device, and takes kernels that it never runs. With it
// cuDNN also plans with engines whose kernels it compiles when it plans.
#include <cstdint>

namespace {
constexpr int success = 0, no_device = 100;
template <class T>
int handed_out(T** handle) {
  *handle = reinterpret_cast<T*>(std::uintptr_t{16});  // never read
  return success;
}
}  // namespace

#define STRATA_EXPORTED extern "C" __attribute__((visibility("default")))
#define STRATA_HANDS_OUT(name) STRATA_EXPORTED int name(void** handle) { return handed_out(handle); }
#define STRATA_TAKES(name) STRATA_EXPORTED int name() { return success; }
#define STRATA_REFUSES(name) STRATA_EXPORTED int name() { return no_device; }

STRATA_HANDS_OUT(cuLibraryLoadData)
STRATA_HANDS_OUT(cuLibraryLoadFromFile)
STRATA_HANDS_OUT(cuLibraryGetKernel)
STRATA_HANDS_OUT(cuModuleLoadData)
STRATA_HANDS_OUT(cuModuleLoadDataEx)
STRATA_HANDS_OUT(cuModuleLoadFatBinary)
STRATA_HANDS_OUT(cuModuleGetFunction)
STRATA_TAKES(cuLibraryUnload)
STRATA_TAKES(cuModuleUnload)
STRATA_TAKES(cuKernelSetAttribute)
STRATA_TAKES(cuKernelGetAttribute)
STRATA_TAKES(cuFuncSetAttribute)
STRATA_TAKES(cuFuncGetAttribute)
STRATA_EXPORTED int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks) { return *blocks = 1, success; }
STRATA_EXPORTED int cuOccupancyMaxPotentialClusterSize(int* blocks) { return *blocks = 1, success; }

STRATA_REFUSES(cuInit)
STRATA_REFUSES(cuDriverGetVersion)
STRATA_REFUSES(cuDeviceGet)
STRATA_REFUSES(cuDeviceGetCount)
STRATA_REFUSES(cuDeviceGetAttribute)
STRATA_REFUSES(cuDevicePrimaryCtxRetain)
STRATA_REFUSES(cuDevicePrimaryCtxReset)
STRATA_REFUSES(cuDevicePrimaryCtxRelease)
STRATA_REFUSES(cuCtxGetCurrent)
STRATA_REFUSES(cuCtxGetDevice)
STRATA_REFUSES(cuCtxGetLimit)
STRATA_REFUSES(cuCtxPushCurrent)
STRATA_REFUSES(cuCtxPopCurrent)
STRATA_REFUSES(cuStreamGetCtx)
STRATA_REFUSES(cuStreamSynchronize)
STRATA_REFUSES(cuModuleGetGlobal_v2)
STRATA_REFUSES(cuMemcpyDtoH_v2)
STRATA_REFUSES(cuTensorMapEncodeTiled)
STRATA_REFUSES(cuLaunchKernel)
STRATA_REFUSES(cuLaunchKernelEx)
STRATA_REFUSES(cuLaunchCooperativeKernel)
STRATA_REFUSES(cuLinkCreate)
STRATA_REFUSES(cuLinkCreate_v2)
STRATA_REFUSES(cuLinkAddData)
STRATA_REFUSES(cuLinkAddData_v2)
STRATA_REFUSES(cuLinkAddFile_v2)
STRATA_REFUSES(cuLinkComplete)
STRATA_REFUSES(cuLinkDestroy)
STRATA_REFUSES(cuGetErrorName)
STRATA_REFUSES(cuGetErrorString)
