// What tests see and set of a host that stands for a device. The library exports these beside `strata_backend`, by the names of their
// types in lower case.
#pragma once

#include <cstddef>
#include <cstdint>

namespace strata::emulator {

// Since the library was opened.
struct Counts {
  std::int64_t kernels = 0;  // what runs on the device: grids, calls of libraries, fills, copies within it
  std::int64_t graph_launches = 0;
  std::int64_t waits = 0;  // for a stream to be empty
};

// strata_emulator_counts
using EmulatorCounts = void (*)(Counts* now);
// strata_emulator_memory: that the device has, in bytes; 0: enough.
using EmulatorMemory = void (*)(std::size_t bytes);

}  // namespace strata::emulator
