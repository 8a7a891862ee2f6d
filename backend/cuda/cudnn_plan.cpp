#include "backend/cuda/cudnn_plan.h"

#include <map>
#include <mutex>
#include <stdexcept>

#include <fmt/format.h>

#include "backend/cuda/launch.h"

namespace strata::cuda {

CudnnGraph::Answer planned(const std::string& key, const Machine& machine, std::size_t most_workspace, const std::function<CudnnGraph()>& make,
                           CudnnGraph::Made made) {
  using Known = std::variant<std::weak_ptr<const CudnnPlan>, std::string>;
  static std::mutex mutex;
  static std::map<std::string, Known> plans;
  const std::string all = fmt::format("{}, workspace {}, on {}{}{}{}", key, most_workspace, machine.capability, machine.reproducible, machine.tensor_float32,
                                      machine.libraries != nullptr);
  const std::lock_guard lock(mutex);
  Known& known = plans[all];
  if (auto* refused = std::get_if<std::string>(&known)) return *refused;
  if (auto plan = std::get<std::weak_ptr<const CudnnPlan>>(known).lock()) return plan;
  CudnnGraph::Answer answer = make().plan(machine, most_workspace, made);
  if (auto* plan = std::get_if<std::shared_ptr<const CudnnPlan>>(&answer)) known = *plan;
  else known = std::get<std::string>(answer);
  return answer;
}

Stage plan_stage(std::shared_ptr<const CudnnPlan> plan, std::function<CudnnGraph::Answer()> unaligned, std::vector<PlanOperand> operands, Place workspace,
                 const Machine& machine) {
  return [=](const Addresses& at) -> Run {
    std::vector<std::pair<std::int64_t, void*>> addresses;
    std::vector<Run> before, behind;
    bool aligned = true;
    for (const PlanOperand& o : operands) {
      const bool is_moved = o.bytes > 0 && !is_aligned(at[o.place], plan_alignment);
      if (is_moved && o.place.kind == Place::output) behind.push_back(bytes_stage(o.aligned, o.place, o.bytes, machine)(at));
      else if (is_moved) before.push_back(bytes_stage(o.place, o.aligned, o.bytes, machine)(at));
      addresses.emplace_back(o.id, at[is_moved ? o.aligned : o.place]);
      aligned = aligned && is_aligned(addresses.back().second, plan_alignment);
    }
    auto chosen = aligned ? CudnnGraph::Answer(plan) : unaligned();
    if (auto* reason = std::get_if<std::string>(&chosen))
      throw std::runtime_error(fmt::format("cuDNN has a plan only for addresses that are multiples of {} bytes ({})", plan_alignment, *reason));
    const Run run = std::get<std::shared_ptr<const CudnnPlan>>(chosen)->bind(addresses, at[workspace], machine);
    if (before.empty() && behind.empty()) return run;
    return [=] {
      for (const Run& copy : before) copy();
      run();
      for (const Run& copy : behind) copy();
    };
  };
}

Answer plan_candidate(std::string name, DType t, const Plans& plans, std::vector<PlanOperand> operands, const Machine& machine, Layout scratch,
                      const std::vector<Stage>& behind, std::size_t most_workspace) {
  const CudnnGraph::Answer made = plans(plan_alignment, most_workspace);
  if (auto* reason = std::get_if<std::string>(&made)) return Declined{*reason};
  const auto plan = std::get<std::shared_ptr<const CudnnPlan>>(made);
  const Place workspace = scratch.take(plan->workspace_bytes);
  const auto unaligned = [plans, element = static_cast<std::int64_t>(size_of(t)), bytes = plan->workspace_bytes] { return plans(element, bytes); };
  auto kernel = std::make_shared<StagedKernel>();
  kernel->stages.push_back(plan_stage(plan, unaligned, std::move(operands), workspace, machine));
  kernel->stages.insert(kernel->stages.end(), behind.begin(), behind.end());
  return Candidate{.name = std::move(name), .scratch_bytes = scratch.bytes(), .prepare = [kernel = std::shared_ptr<const StagedKernel>(kernel)] { return kernel; }};
}

}  // namespace strata::cuda
