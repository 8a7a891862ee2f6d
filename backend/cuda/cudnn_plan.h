// Plans of cuDNN's as stages of a kernel. Bound to addresses, a plan runs without another thought.
#pragma once

#include "backend/cuda/cudnn_graph.h"
#include "backend/cuda/staged.h"

namespace strata::cuda {

inline constexpr std::size_t largest_workspace = std::size_t{512} << 20;

// The plan of a graph that `make` describes. Kernels that say the same `key`, all that the graph depends on, share a plan as long as one
// of them lives: to choose it takes tens of milliseconds. A refusal stays.
CudnnGraph::Answer planned(const std::string& key, const Machine& machine, std::size_t most_workspace, const std::function<CudnnGraph()>& make,
                           CudnnGraph::Made made = CudnnGraph::Made::now);

// An operand of a plan. One with an `aligned` place (of `bytes`) lies there where its own address is not aligned: it is copied there
// before, a result from there behind.
struct PlanOperand {
  std::int64_t id;
  Place place;
  std::size_t bytes = 0;
  Place aligned = {Place::scratch};
};

// Addresses that are multiples of `plan_alignment` get `plan`; where one is not, `unaligned` is asked for another when the kernel is
// bound, with no larger a workspace.
inline constexpr std::int64_t plan_alignment = 16;
Stage plan_stage(std::shared_ptr<const CudnnPlan> plan, std::function<CudnnGraph::Answer()> unaligned, std::vector<PlanOperand> operands, Place workspace,
                 const Machine& machine);

// A kernel that is one plan, and `behind` it. `plans` answers for an alignment and the most workspace; elements of type t lie at any
// multiple of their own size.
using Plans = std::function<CudnnGraph::Answer(std::int64_t alignment, std::size_t most_workspace)>;
Answer plan_candidate(std::string name, DType t, const Plans& plans, std::vector<PlanOperand> operands, const Machine& machine,
                      Layout scratch = Layout(Place::scratch), const std::vector<Stage>& behind = {}, std::size_t most_workspace = largest_workspace);

}  // namespace strata::cuda
