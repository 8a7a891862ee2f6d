// Strata's own CUDA kernels on the host, makers and launches included, as they are written for devices.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"

namespace strata {

std::unique_ptr<Backend> emulated_cuda();
// The ops that they are for.
std::vector<std::string> ops_of_own_kernels();

}  // namespace strata
