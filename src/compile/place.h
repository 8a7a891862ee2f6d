// Where every value of a program lies.
#pragma once

#include <map>
#include <span>

#include "src/compile/plan.h"

namespace strata {

// Values that must end up somewhere: the address of an update's variable, of a scan body's output.
struct Pin {
  Port value;
  Location target;
};

struct Placement {
  std::vector<std::vector<Location>> inputs, outputs;  // per step
  std::vector<Location> scratch, kept;                 // per step
  // Copies that could not be spared, each after the step with this index (-1: before all).
  struct Copy { int after; Location from, to; ArrayType type; };
  std::vector<Copy> copies;
  std::vector<Location> graph_outputs;
  std::size_t arena_bytes = 0, live_bytes = 0, kept_bytes = 0;
  std::vector<std::byte> constants;
};

// `leaf` gives the place of a graph's input or variable.
Placement place(const Program& program, std::span<const Pin> pins, const std::function<Location(const OpNode&)>& leaf, const CompileOptions& options);

}  // namespace strata
