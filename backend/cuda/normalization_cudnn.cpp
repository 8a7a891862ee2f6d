// Batch normalization by cuDNN's graph API, on (rows, channels) described (rows, channels, 1, 1): an engine that keeps its part of x on
// the chip between the sums and the pass over the elements. It writes and reads the op table's own hidden values, so its kernels and
// Strata's own (normalization.cu) go together in any mixture.
//
// They come behind Strata's own, so the kernel is compiled only where one of them is run.
//
// cuDNN gives s = 1 / sqrt(variance + epsilon), not the variance, which follows from it: with s off by d relatively it is off by
// 2 d (variance + epsilon), a few units in the last place of the sum that normalization is made with.
#include <fmt/format.h>

#include "backend/cuda/batch_norm.h"
#include "backend/cuda/cudnn_plan.h"

namespace strata::cuda {
namespace {

using Tensor = CudnnGraph::Tensor;

enum Id : std::int64_t { id_x = 1, id_gamma, id_beta, id_y, id_mean, id_inverse, id_dy, id_dx, id_dgamma, id_dbeta };

struct BatchNorm {
  DType type;
  std::int64_t rows, channels;

  Strided elements() const { return {{rows, channels, 1, 1}, {channels, 1, channels, channels}}; }
  Strided of_channel() const { return {{1, channels, 1, 1}, {channels, 1, channels, channels}}; }
  std::size_t channel_bytes() const { return static_cast<std::size_t>(channels) * sizeof(float); }
  std::string key() const { return fmt::format("batch norm of {} {} {}", text_of(type), rows, channels); }
};

std::variant<BatchNorm, Declined> batch_norm_of(const Region& region) {
  const RegionOp& op = region.ops[0];
  const ArrayType& x = region.type(op.inputs[0]);
  if (!cudnn_computes(x.dtype) || x.dtype == DType::float64) return Declined{fmt::format("it is {}", text_of(x.dtype))};
  // Of the gradient, all that are read beside x and dy.
  for (std::size_t i = 1; i < (op.name == "batch_norm" ? 3u : 4u); ++i)
    if (const DType t = region.type(op.inputs[i]).dtype; t != DType::float32) return Declined{fmt::format("cuDNN takes a gamma and beta of float32, not {}", text_of(t))};
  if (x.elements() == 0) return Declined{"it has no elements"};
  const std::int64_t together = 16 / static_cast<std::int64_t>(size_of(x.dtype));
  if (x.dim(-1) % together != 0) return Declined{fmt::format("cuDNN takes channels {} at a time, not {}", together, x.dim(-1))};
  return BatchNorm{x.dtype, x.elements() / x.dim(-1), x.dim(-1)};
}

CudnnGraph forward_graph(const BatchNorm& b, float epsilon, bool with_relu, std::int64_t alignment) {
  CudnnGraph g(b.type, alignment);
  auto [y, mean, inverse] = g.batch_norm(g.operand(id_x, b.elements()), g.operand(id_gamma, b.of_channel(), DType::float32),
                                         g.operand(id_beta, b.of_channel(), DType::float32), epsilon);
  g.result(mean, id_mean, b.of_channel(), DType::float32);
  g.result(inverse, id_inverse, b.of_channel(), DType::float32);
  if (with_relu) y = g.pointwise(CudnnGraph::Pointwise::relu, g.rounded(g.shaped(y, b.elements())));
  g.result(y, id_y, b.elements());
  return g;
}

CudnnGraph gradient_graph(const BatchNorm& b, std::int64_t alignment) {
  CudnnGraph g(b.type, alignment);
  const auto of_channel = [&](Id id) { return g.operand(id, b.of_channel(), DType::float32); };
  const auto [dx, dgamma, dbeta] =
      g.batch_norm_gradient(g.operand(id_dy, b.elements()), g.operand(id_x, b.elements()), of_channel(id_gamma), of_channel(id_mean), of_channel(id_inverse));
  g.result(dx, id_dx, b.elements());
  g.result(dgamma, id_dgamma, b.of_channel(), DType::float32);
  g.result(dbeta, id_dbeta, b.of_channel(), DType::float32);
  return g;
}

}  // namespace

Answer batch_norm_cudnn(const Region& region, const Machine& machine) {
  const auto read = batch_norm_places(region);
  if (auto* declined = std::get_if<Declined>(&read)) return *declined;
  const auto found = batch_norm_of(region);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  const BatchNormPlaces p = std::get<BatchNormPlaces>(read);
  const BatchNorm b = std::get<BatchNorm>(found);
  const double epsilon = region.ops[0].attributes->number("epsilon");
  const Plans plans = [=](std::int64_t alignment, std::size_t most) {
    return planned(fmt::format("{} epsilon {} {}, at {}", b.key(), epsilon, p.with_relu, alignment), machine, most,
                   [&] { return forward_graph(b, static_cast<float>(epsilon), p.with_relu, alignment); }, CudnnGraph::Made::when_bound);
  };
  Layout scratch(Place::scratch);
  const auto of_channel = [&](Id id, Place place) { return PlanOperand{id, place, b.channel_bytes(), scratch.take(b.channel_bytes())}; };
  const std::vector<PlanOperand> operands = {{id_x, {Place::input, p.x}},
                                             {id_y, {Place::output, p.y}},
                                             of_channel(id_gamma, {Place::input, p.gamma}),
                                             of_channel(id_beta, {Place::input, p.beta}),
                                             of_channel(id_mean, {Place::output, p.mean}),
                                             of_channel(id_inverse, {Place::output, p.inverse})};
  const Stage variance = [=](const Addresses& at) -> Run {
    return [=, s = at.outputs[static_cast<std::size_t>(p.inverse)], v = at.outputs[static_cast<std::size_t>(p.variance)]] {
      enqueue_variance(static_cast<const float*>(s), static_cast<float*>(v), b.channels, epsilon, machine);
    };
  };
  return plan_candidate(p.with_relu ? "cudnn batch norm + relu" : "cudnn batch norm", b.type, plans, operands, machine, scratch, {variance});
}

// Inputs x, gamma, mean, s, dy; outputs dx, dgamma, dbeta.
Answer batch_norm_gradient_cudnn(const Region& region, const Machine& machine) {
  if (!OwnOrder::fits(region)) return not_alone();
  const auto found = batch_norm_of(region);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  const BatchNorm b = std::get<BatchNorm>(found);
  const std::vector<Place> in = inputs_of(region), out = outputs_of(region);
  const Plans plans = [=](std::int64_t alignment, std::size_t most) {
    return planned(fmt::format("{}, gradient, at {}", b.key(), alignment), machine, most, [&] { return gradient_graph(b, alignment); },
                   CudnnGraph::Made::when_bound);
  };
  Layout scratch(Place::scratch);
  const auto of_channel = [&](Id id, Place place) { return PlanOperand{id, place, b.channel_bytes(), scratch.take(b.channel_bytes())}; };
  const std::vector<PlanOperand> operands = {{id_x, in[0]}, {id_dy, in[4]}, {id_dx, out[0]},
                                             of_channel(id_gamma, in[1]), of_channel(id_mean, in[2]), of_channel(id_inverse, in[3]),
                                             of_channel(id_dgamma, out[1]), of_channel(id_dbeta, out[2])};
  return plan_candidate("cudnn batch norm gradient", b.type, plans, operands, machine, scratch);
}

}  // namespace strata::cuda
