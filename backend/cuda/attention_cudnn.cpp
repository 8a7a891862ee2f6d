// Attention by cuDNN's graph API, in float16 and bfloat16: one fused kernel each way that keeps no scores. The graphs are the ones that
// its engine knows (cudnn-frontend's composite form), so the order of their operations stands. Of the rows of the scores
// lse = m + log(l) is kept in place of the op table's hidden values; its second one stays empty.
//
// A mask is declined: where a query sees no key, lse forgets how many keys share its weight.
#include <algorithm>
#include <limits>

#include <cudnn.h>
#include <fmt/format.h>

#include "backend/cuda/attention_shape.h"
#include "backend/cuda/cudnn_plan.h"

namespace strata::cuda {
namespace {

using Tensor = CudnnGraph::Tensor;
using Pointwise = CudnnGraph::Pointwise;
using Reduction = CudnnGraph::Reduction;

constexpr float unseen = -std::numeric_limits<float>::infinity();

enum Id : std::int64_t { id_q = 1, id_k, id_v, id_y, id_lse, id_dy, id_dq, id_dk, id_dv, id_sum, id_dq_sum };

struct Attention {
  DType type;
  AttentionShape shape;
  float scale;
  bool causal;

  std::size_t statistic_bytes() const { return static_cast<std::size_t>(shape.all_queries()) * sizeof(float); }
  // What the decomposition takes for its scores. For the same bits each time the gradient's engine keeps half of that.
  std::size_t scores_bytes() const { return statistic_bytes() * static_cast<std::size_t>(shape.keys); }
  std::string key() const {
    const AttentionShape& s = shape;
    return fmt::format("attention of {} {} {} {} {} {} {} scale {} {}", text_of(type), s.rows, s.heads, s.queries, s.keys, s.features, s.depth, scale, causal);
  }
};

// The limits are those that NVIDIA states for these engines; some plan beyond them.
std::variant<Attention, Declined> attention_of(const Region& region, const Machine& machine, bool is_gradient) {
  if (region.ops.size() != 1) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType& q = region.type(op.inputs[0]);
  if (q.dtype != DType::bfloat16 && q.dtype != DType::float16) return Declined{fmt::format("cuDNN's takes bfloat16 and float16, not {}", text_of(q.dtype))};
  if (op.attributes->flag("has_mask")) return Declined{"it takes no mask"};
  auto shape = attention_shape(q, region.type(op.inputs[1]), region.type(op.inputs[2]));
  if (auto* reason = std::get_if<std::string>(&shape)) return Declined{*reason};
  const AttentionShape& s = std::get<AttentionShape>(shape);
  const std::int64_t most = machine.capability >= 90 ? 256 : 128;
  if (s.features % 8 != 0 || s.depth % 8 != 0 || std::max(s.features, s.depth) > most)
    return Declined{fmt::format("it takes heads of 8, 16, ..., {} numbers, not of {} and {}", most, s.features, s.depth)};
  if (is_gradient && s.queries == 1 && s.keys == 1) return Declined{"it takes no single query and key"};
  if (cudnnGetVersion() < 91600) return Declined{fmt::format("it needs cuDNN 9.16 or later, not {}.{}", cudnnGetVersion() / 10000, cudnnGetVersion() % 10000 / 100)};
  return Attention{q.dtype, std::get<AttentionShape>(shape), static_cast<float>(op.attributes->number("scale")), op.attributes->flag("causal")};
}

// scale q k^T.
Tensor scores(CudnnGraph& g, const Attention& a, const Tensor& q, const Tensor& k) {
  return g.pointwise(Pointwise::multiply, g.shaped(g.matmul(q, k), a.shape.scores()), g.number(a.scale));
}

CudnnGraph forward_graph(const Attention& a, bool with_lse, std::int64_t alignment) {
  const AttentionShape& s = a.shape;
  CudnnGraph g(a.type, alignment);
  Tensor x = scores(g, a, g.operand(id_q, s.q()), g.operand(id_k, s.k_turned()));
  if (a.causal) x = g.lower_triangle(x, s.scores(), unseen);
  const Tensor m = g.reduction(Reduction::max, x, s.of_query());
  const Tensor e = g.pointwise(Pointwise::exp, g.pointwise(Pointwise::subtract, x, m));
  const Tensor l = g.reduction(Reduction::sum, e, s.of_query());
  const Tensor lse = g.pointwise(Pointwise::add, m, g.shaped(g.pointwise(Pointwise::log, l), s.of_query()));
  if (with_lse) g.result(lse, id_lse, s.of_query(), DType::float32);
  const Tensor p = g.rounded(g.pointwise(Pointwise::divide, e, l));
  g.result(g.matmul(p, g.operand(id_v, s.v())), id_y, s.y());
  return g;
}

// With p = exp(x - lse):  dv = p^T dy;  dx = scale p (dy v^T - sum(dy y));  dq = dx k;  dk = dx^T q. Where the same bits are wanted dq is
// one product; else its parts are added up in float32.
CudnnGraph gradient_graph(const Attention& a, bool reproducible, std::int64_t alignment) {
  const AttentionShape& s = a.shape;
  CudnnGraph g(a.type, alignment);
  const Tensor q = g.operand(id_q, s.q()), k = g.operand(id_k, s.k_turned()), v = g.operand(id_v, s.v_turned()), dy = g.operand(id_dy, s.y());
  const Tensor dy_y = g.shaped(g.pointwise(Pointwise::multiply, dy, g.operand(id_y, s.y())), s.y());
  const Tensor sum = g.pointwise(Pointwise::multiply, g.reduction(Reduction::sum, dy_y, s.of_query()), g.number(1));
  g.result(sum, id_sum, s.of_query(), DType::float32);

  Tensor x = g.pointwise(Pointwise::subtract, scores(g, a, q, k), g.operand(id_lse, s.of_query(), DType::float32));
  if (a.causal) x = g.lower_triangle(x, s.scores(), unseen);
  const Tensor p = g.pointwise(Pointwise::exp, x);
  g.result(g.matmul(g.rounded(g.reshape(p, s.scores_turned())), dy), id_dv, s.v());

  const Tensor dp = g.pointwise(Pointwise::subtract, g.shaped(g.matmul(dy, v), s.scores()), sum);
  const Tensor dx = g.pointwise(Pointwise::multiply, g.pointwise(Pointwise::multiply, dp, p), g.number(a.scale));
  g.result(g.matmul(g.rounded(g.reshape(dx, s.scores_turned())), q), id_dk, s.k());
  Tensor dq = g.matmul(dx, g.reshape(k, s.k()));
  if (!reproducible) {
    g.result(dq, id_dq_sum, s.dense(s.queries, s.features), DType::float32);
    dq = g.pointwise(Pointwise::identity, dq);
  }
  g.result(dq, id_dq, s.q());
  return g;
}

CudnnGraph::Answer plan_of(const Attention& a, bool with_lse, std::int64_t alignment, const Machine& machine, std::size_t most_workspace) {
  return planned(fmt::format("{}, {}, at {}", a.key(), with_lse, alignment), machine, most_workspace, [&] { return forward_graph(a, with_lse, alignment); });
}
CudnnGraph::Answer gradient_plan_of(const Attention& a, std::int64_t alignment, const Machine& machine, std::size_t most_workspace) {
  return planned(fmt::format("{}, gradient, at {}", a.key(), alignment), machine, most_workspace,
                 [&] { return gradient_graph(a, machine.reproducible, alignment); });
}

}  // namespace

// Outputs: y, and where they are wanted lse, nothing.
Answer attention_cudnn(const Region& region, const Machine& machine) {
  auto found = attention_of(region, machine, false);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  const Attention& a = std::get<Attention>(found);
  const std::vector<Place> in = inputs_of(region), out = outputs_of(region);
  const bool with_lse = region.outputs.size() > 1;
  std::vector<PlanOperand> operands = {{id_q, in[0]}, {id_k, in[1]}, {id_v, in[2]}, {id_y, out[0]}};
  if (with_lse) operands.push_back({id_lse, out[1]});
  const Plans plans = [a, with_lse, machine](std::int64_t alignment, std::size_t most) { return plan_of(a, with_lse, alignment, machine, most); };
  Answer made = plan_candidate("cudnn attention", a.type, plans, std::move(operands), machine);
  if (auto* c = std::get_if<Candidate>(&made)) {
    c->pair = "cudnn";
    if (with_lse) c->hidden_bytes = {a.statistic_bytes(), 0};
  }
  return made;
}

// Inputs: those of attention, then y, lse, nothing, dy.
Answer attention_gradient_cudnn(const Region& region, const Machine& machine) {
  auto found = attention_of(region, machine, true);
  if (auto* declined = std::get_if<Declined>(&found)) return *declined;
  const Attention& a = std::get<Attention>(found);
  const std::vector<Place> in = inputs_of(region), out = outputs_of(region);
  Layout scratch(Place::scratch);
  std::vector<PlanOperand> operands = {{id_q, in[0]}, {id_k, in[1]}, {id_v, in[2]}, {id_y, in[3]}, {id_lse, in[4]}, {id_dy, in[6]},
                                       {id_dq, out[0]}, {id_dk, out[1]}, {id_dv, out[2]}, {id_sum, scratch.take(a.statistic_bytes())}};
  if (!machine.reproducible) operands.push_back({id_dq_sum, scratch.take(a.statistic_bytes() * static_cast<std::size_t>(a.shape.features))});
  const Plans plans = [a, machine](std::int64_t alignment, std::size_t most) { return gradient_plan_of(a, alignment, machine, most); };
  Answer made = plan_candidate("cudnn attention gradient", a.type, plans, std::move(operands), machine, scratch, {},
                               std::max(largest_workspace, a.scores_bytes()));
  if (auto* c = std::get_if<Candidate>(&made)) c->pair = "cudnn";
  return made;
}

}  // namespace strata::cuda
