// Convolution and its two gradients by cuDNN's graph API on (N, spatial..., C), with kernels that have their filters first. Bias,
// another summand and relu are the engine's own.
//
// Few engines pad differently before and after (`same` with a stride, `causal`): where none does, x goes among zeros first.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "backend/bias_sum_relu.h"
#include "backend/cuda/convolution_shape.h"
#include "backend/cuda/cudnn_plan.h"

namespace strata::cuda {
namespace {

enum class Direction { forward, to_input, to_kernel };
constexpr const char* names[] = {"convolution", "convolution input gradient", "convolution kernel gradient"};
enum Id : std::int64_t { id_x = 1, id_kernel, id_y, id_bias, id_sum };

struct Problem {
  Direction direction;
  DType type;
  ConvolutionShape shape;
  BiasSumRelu fused = {};
  // The engines that add and rectify in float32 take a bias before they do: where there is none, zeros.
  bool has_bias() const { return fused.bias >= 0 || fused.sum >= 0 || fused.relu; }
};

CudnnGraph graph_of(const Problem& p, std::int64_t alignment) {
  using Pointwise = CudnnGraph::Pointwise;
  const ConvolutionShape& s = p.shape;
  const CudnnGraph::Windows windows{s.low, s.high, s.strides, s.dilation};
  const auto array = [](const ConvolutionShape::Dims& dims) { return Strided{dims, channels_last(dims)}; };
  CudnnGraph graph(p.type, alignment);
  const auto operand = [&](Id id, const ConvolutionShape::Dims& dims) { return graph.operand(id, array(dims)); };
  switch (p.direction) {
    case Direction::forward: {
      auto y = graph.convolution(operand(id_x, s.x), operand(id_kernel, s.kernel), windows);
      const auto then = [&](const CudnnGraph::Tensor& added) { y = graph.pointwise(Pointwise::add, graph.shaped(y, array(s.y)), added); };
      if (p.fused.sum >= 0) then(operand(id_sum, s.y));
      if (p.has_bias()) {
        ConvolutionShape::Dims row(s.y.size(), 1);
        row[1] = s.y[1];
        then(operand(id_bias, row));
      }
      if (p.fused.relu) y = graph.pointwise(Pointwise::relu, graph.shaped(y, array(s.y)));
      graph.result(y, id_y, array(s.y));
      break;
    }
    case Direction::to_input:
      graph.result(graph.convolution_input_gradient(operand(id_y, s.y), operand(id_kernel, s.kernel), windows), id_x, array(s.x));
      break;
    case Direction::to_kernel:
      graph.result(graph.convolution_kernel_gradient(operand(id_y, s.y), operand(id_x, s.x), windows), id_kernel, array(s.kernel));
      break;
  }
  return graph;
}

CudnnGraph::Answer plan_of(const Problem& p, std::int64_t alignment, const Machine& machine, std::size_t most_workspace) {
  const ConvolutionShape& s = p.shape;
  const bool has_bias = p.has_bias(), has_sum = p.fused.sum >= 0;
  const std::string key = fmt::format("{} {} x {} kernel {} strides {} dilation {} padding {} {}, {}{}{}, at {}", names[static_cast<std::size_t>(p.direction)],
                                      text_of(p.type), fmt::join(s.x, ","), fmt::join(s.kernel, ","), fmt::join(s.strides, ","), fmt::join(s.dilation, ","),
                                      fmt::join(s.low, ","), fmt::join(s.high, ","), has_bias, has_sum, p.fused.relu, alignment);
  return planned(key, machine, most_workspace, [&] { return graph_of(p, alignment); });
}

// The plan, with x as it is or, where no engine takes its padding, among zeros.
struct Chosen {
  std::shared_ptr<const CudnnPlan> plan;
  Problem problem;
  std::optional<Box> inside;
};
std::variant<Chosen, Declined> choose(const Problem& p, const Machine& machine) {
  auto made = plan_of(p, plan_alignment, machine, largest_workspace);
  if (auto* plan = std::get_if<std::shared_ptr<const CudnnPlan>>(&made)) return Chosen{*plan, p, std::nullopt};
  if (p.shape.is_even()) return Declined{std::get<std::string>(made)};
  ConvolutionShape::Evenly e = p.shape.evenly();
  Problem even = p;
  even.shape = std::move(e.shape);
  made = plan_of(even, plan_alignment, machine, largest_workspace);
  if (auto* plan = std::get_if<std::shared_ptr<const CudnnPlan>>(&made)) return Chosen{*plan, std::move(even), e.inside};
  return Declined{std::get<std::string>(made)};
}

std::variant<Problem, Declined> problem_of(Direction direction, const ArrayType& x, const ArrayType& kernel, const ArrayType& y, const Attributes& a) {
  if (!cudnn_computes(x.dtype)) return Declined{fmt::format("it convolves no {}", text_of(x.dtype))};
  auto shape = convolution_shape(x, kernel, y, a);
  if (auto* reason = std::get_if<std::string>(&shape)) return Declined{*reason};
  return Problem{direction, x.dtype, std::get<ConvolutionShape>(std::move(shape))};
}

// The stages of a convolution, one after another.
class Assembly {
 public:
  Assembly(std::string name, Chosen chosen, const Machine& machine)
      : name_(std::move(name)), chosen_(std::move(chosen)), machine_(machine), element_(size_of(chosen_.problem.type)) {
    if (machine.tensor_float32 && chosen_.problem.type == DType::float32) name_ += " in tf32";
  }

  void take_x(int input) {
    if (!chosen_.inside) return take(id_x, {Place::input, input});
    const Place padded = padded_x();
    kernel_->stages.push_back(clear_stage(padded, x_bytes(), machine_));
    kernel_->stages.push_back(copy_stage(*chosen_.inside, element_, {Place::input, input}, padded, machine_));
    take(id_x, padded);
  }
  // Biases lie side by side, at any multiple of an element.
  void take_bias(int input) {
    const std::size_t bytes = static_cast<std::size_t>(shape().y[1]) * element_;
    operands_.push_back({id_bias, {Place::input, input}, bytes, scratch_.take(bytes)});
  }
  void take_zero_bias() {
    const std::size_t bytes = static_cast<std::size_t>(shape().y[1]) * element_;
    const Place zeros = scratch_.take(bytes);
    kernel_->stages.push_back(clear_stage(zeros, bytes, machine_));
    take(id_bias, zeros);
  }
  void take(Id id, Place place) { operands_.push_back({id, place}); }

  void give_x() {
    if (!chosen_.inside) return take(id_x, {Place::output});
    const Place padded = padded_x();
    take(id_x, padded);
    last_.push_back(copy_stage(turned(*chosen_.inside), element_, padded, {Place::output}, machine_));
  }

  Candidate candidate() {
    const std::size_t bytes = chosen_.plan->workspace_bytes;
    const Place workspace = scratch_.take(bytes);
    const auto unaligned = [problem = chosen_.problem, machine = machine_, bytes, element = element_] {
      return plan_of(problem, static_cast<std::int64_t>(element), machine, bytes);
    };
    kernel_->stages.push_back(plan_stage(chosen_.plan, unaligned, operands_, workspace, machine_));
    kernel_->stages.insert(kernel_->stages.end(), last_.begin(), last_.end());
    return {.name = std::move(name_), .scratch_bytes = scratch_.bytes(),
            .prepare = [kernel = std::shared_ptr<const StagedKernel>(kernel_)] { return kernel; }};
  }

 private:
  const ConvolutionShape& shape() const { return chosen_.problem.shape; }
  std::size_t x_bytes() const { return static_cast<std::size_t>(elements(shape().x)) * element_; }
  Place padded_x() {
    name_ += ", padded";
    return scratch_.take(x_bytes());
  }

  std::string name_;
  Chosen chosen_;
  Machine machine_;
  std::size_t element_;
  std::shared_ptr<StagedKernel> kernel_ = std::make_shared<StagedKernel>();
  std::vector<Stage> last_;
  std::vector<PlanOperand> operands_;
  Layout scratch_{Place::scratch};
};

}  // namespace

Answer convolution_cudnn(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const auto fused = bias_sum_relu(region, anchor_of(region));
  if (!fused) return Declined{"its epilogue is not a bias, a sum and relu"};
  auto found = problem_of(Direction::forward, region.type(op.inputs[0]), region.type(op.inputs[1]), op.outputs[0], *op.attributes);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  Problem& p = std::get<Problem>(found);
  p.fused = *fused;
  auto chosen = choose(p, machine);
  if (auto* declined = std::get_if<Declined>(&chosen)) return *declined;
  std::string name = "cudnn convolution";
  if (fused->sum >= 0) name += " + sum";
  if (fused->bias >= 0) name += " + bias";
  if (fused->relu) name += " + relu";
  Assembly a(std::move(name), std::get<Chosen>(std::move(chosen)), machine);
  a.take(id_kernel, {Place::input, op.inputs[1].index});
  a.take_x(op.inputs[0].index);
  if (fused->bias >= 0) a.take_bias(fused->bias);
  else if (p.has_bias()) a.take_zero_bias();
  if (fused->sum >= 0) a.take(id_sum, {Place::input, fused->sum});
  a.take(id_y, {Place::output});
  return a.candidate();
}

// Inputs dy, kernel.
Answer convolution_input_gradient_cudnn(const Region& region, const Machine& machine) {
  if (region.ops.size() != 1) return not_alone();
  const RegionOp& op = region.ops[0];
  auto found = problem_of(Direction::to_input, op.outputs[0], region.type(op.inputs[1]), region.type(op.inputs[0]), *op.attributes);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  auto chosen = choose(std::get<Problem>(found), machine);
  if (auto* declined = std::get_if<Declined>(&chosen)) return *declined;
  Assembly a("cudnn convolution input gradient", std::get<Chosen>(std::move(chosen)), machine);
  a.take(id_kernel, {Place::input, op.inputs[1].index});
  a.take(id_y, {Place::input, op.inputs[0].index});
  a.give_x();
  return a.candidate();
}

// Inputs x, dy.
Answer convolution_kernel_gradient_cudnn(const Region& region, const Machine& machine) {
  if (region.ops.size() != 1) return not_alone();
  const RegionOp& op = region.ops[0];
  auto found = problem_of(Direction::to_kernel, region.type(op.inputs[0]), op.outputs[0], region.type(op.inputs[1]), *op.attributes);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  auto chosen = choose(std::get<Problem>(found), machine);
  if (auto* declined = std::get_if<Declined>(&chosen)) return *declined;
  Assembly a("cudnn convolution kernel gradient", std::get<Chosen>(std::move(chosen)), machine);
  a.take_x(op.inputs[0].index);
  a.take(id_y, {Place::input, op.inputs[1].index});
  a.take(id_kernel, {Place::output});
  return a.candidate();
}

}  // namespace strata::cuda
