#include "backend/cuda/device.h"

#include <fmt/format.h>

namespace strata::cuda {
namespace {
std::string version(int number) { return fmt::format("{}.{}", number / 1000, number % 1000 / 10); }
}  // namespace

std::string why_not(const Installed& found) {
  if (found.driver == 0)
    return "no NVIDIA driver is installed (libcuda.so.1 is not there); Strata's CUDA backend needs one that supports CUDA " + version(found.runtime);
  if (found.driver / 1000 < found.runtime / 1000)
    return fmt::format("the NVIDIA driver supports CUDA {}, and this build needs {}: install a later driver", version(found.driver), version(found.runtime));
  if (!found.error.empty()) return fmt::format("the driver (CUDA {}) could not list its devices: {}", version(found.driver), found.error);
  if (found.devices == 0)
    return fmt::format("the driver (CUDA {}) shows no device; CUDA_VISIBLE_DEVICES may hide it", version(found.driver));
  if (found.capability < least_capability)
    return fmt::format("{} has compute capability {}.{}, and Strata's kernels need {}.{} or later", found.name, found.capability / 10, found.capability % 10,
                       least_capability / 10, least_capability % 10);
  return "";
}

}  // namespace strata::cuda
