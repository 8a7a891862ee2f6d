// Graphs of cuDNN's operations, by cudnn-frontend, and the plans that run them. A plan is an engine that the library's heuristics
// chose and that keeps the machine's rules; bound to addresses it runs without another thought.
#pragma once

#include <cudnn_frontend.h>

#include "backend/cuda/maker.h"
#include "backend/cuda/staged.h"

namespace strata::cuda {

namespace fe = cudnn_frontend;

// What cuDNN makes of a type and what it sums in; nothing for types that it does not compute in.
struct CudnnTypes { fe::DataType_t element, sum; };
std::optional<CudnnTypes> cudnn_types(DType t);

class CudnnPlan;

class CudnnGraph : public fe::graph::Graph {
 public:
  using Tensor = std::shared_ptr<fe::graph::Tensor_attributes>;
  using Dims = std::vector<std::int64_t>;
  // Operands and results are of type t, at addresses that are multiples of `alignment` bytes.
  CudnnGraph(DType t, std::int64_t alignment);

  Tensor operand(std::int64_t id, const Dims& dims, const Dims& strides);
  void result(const Tensor& tensor, std::int64_t id, const Dims& dims, const Dims& strides);

  // The plan of a graph, which it takes over; or why there is none. Without a device: for one of the machine's compute
  // capability.
  using Answer = std::variant<std::shared_ptr<const CudnnPlan>, std::string>;
  static Answer plan(std::shared_ptr<CudnnGraph> graph, const Machine& machine, std::size_t most_workspace);

 private:
  friend class CudnnPlan;
  DType type_;
  std::int64_t alignment_;
};

class CudnnPlan {
 public:
  CudnnPlan(std::shared_ptr<const CudnnGraph> graph, std::shared_ptr<const fe::ExecutionPlan> plan) : graph_(std::move(graph)), plan_(std::move(plan)) {}

  std::size_t workspace_bytes() const { return static_cast<std::size_t>(plan_->getWorkspaceSize()); }
  const std::string& engine() const { return plan_->getTag(); }
  Run bound(std::span<const std::pair<std::int64_t, void*>> operands, void* workspace, cudnnHandle_t library) const;

 private:
  std::shared_ptr<const CudnnGraph> graph_;
  std::shared_ptr<const fe::ExecutionPlan> plan_;
};

// An operand of a plan. One with an `aligned` place (of `bytes`) is copied there first where its own address is not aligned.
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

}  // namespace strata::cuda
