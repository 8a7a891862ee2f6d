// The device that Strata uses: the first that CUDA shows (CUDA_VISIBLE_DEVICES chooses among several).
#pragma once

#include <string>

namespace strata::cuda {

// Kernels are built for this compute capability (10 * major + minor) and later ones.
inline constexpr int least_capability = 80;

// What CUDA finds on a machine.
struct Installed {
  int runtime = 0;  // versions as CUDA counts them: 13000 is 13.0; a driver of 0 is none
  int driver = 0;
  int devices = 0;
  std::string error;  // why they could not be counted
  // Of the first device.
  std::string name;
  int capability = 0;
};

// "" where it can be used, otherwise what is missing and how to mend it.
std::string why_not(const Installed& found);

}  // namespace strata::cuda
