// libstrata-cuda.so of a build without the CUDA Toolkit.
#include <stdexcept>

#include "backend/backend.h"

extern "C" __attribute__((visibility("default"))) strata::Backend* strata_backend(const strata::BackendOptions&) {
  throw std::runtime_error(
      "this build is without CUDA (" STRATA_WHY_NOT "). Install the CUDA Toolkit 13 and cuDNN 9 "
      "(https://developer.nvidia.com/cuda-downloads), configure with -D STRATA_CUDA=ON and build again");
}
