// A graph cut into regions, each with the kernel that runs it, in the order in which they run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "src/compile/passes.h"
#include "src/compile/steady.h"
#include "src/graph/graph.h"

namespace strata {

struct Program;

// A scan after its body was compiled: the plan unrolls it.
struct ScanRegion {
  std::shared_ptr<Program> body;
  std::int64_t length = 0;
  std::size_t carries = 0, sequences = 0;
  bool reverse = false;
};

struct ProgramStep {
  Region region;
  std::vector<std::shared_ptr<const Attributes>> own_attributes;  // of ops that the region has and the graph has not
  std::vector<Port> inputs;   // what the region's inputs are in the graph; reshapes are seen through by the planner
  std::vector<Port> outputs;  // what its outputs are
  std::vector<std::size_t> output_bytes;  // a kernel may state the size of a hidden output
  Candidate kernel;
  std::vector<std::string> alternatives;  // names of other kernels that would take it, split_choice where it has parts
  std::vector<Refusal> refusals;
  std::string place;                  // the layer
  std::vector<std::int32_t> nodes;    // of the graph, that the region computes
  bool steady = false;                // see steady.h: it computes the same run after run
  std::optional<ScanRegion> scan;      // then there is no kernel
};

struct Program {
  Graph graph;              // after decomposition; reshapes are still in it
  std::vector<ProgramStep> steps;  // in running order
  Choices choices;   // that were made, scan bodies included
  Choices unserved;  // that were asked for, and no kernel of that name takes the region
};

// Decomposes what the backend has no kernel for, cuts regions, chooses kernels, orders them. `reference` fills in for
// primitives where the backend uses host memory; otherwise a primitive without a kernel is an Error that names it.
Program lower(Graph graph, Backend& backend, Backend& reference, const CompileOptions& options, const SteadyVariables& steady);

// The value behind reshapes: where the elements of `p` lie.
Port root_of(const Graph& graph, Port p);

}  // namespace strata
