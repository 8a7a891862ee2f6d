// Counter-based random numbers (backend/philox.h): a draw is a function of (seed, step, stream, element), so the same on
// every device, at any thread count, and again when it is drawn again. `state` is int64 {seed, step}.
#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

std::vector<TensorType> stated(Types, const Attributes& a) { return {{a.dtype("dtype"), a.shape("shape")}}; }
std::vector<TensorType> same(Types in, const Attributes&) { return {in[0]}; }

std::int64_t as_attribute(std::uint64_t stream) { return static_cast<std::int64_t>(stream); }

const Op rows[] = {
    {.name = "random_uniform", .kind = OpKind::random, .infer = stated, .differentiable = false},
    {.name = "random_normal", .kind = OpKind::random, .infer = stated, .differentiable = false},
    // Inputs x, state. Linear in x: the gradient is the same op on dy. (Fused, and of kind fused; equal calls draw equal
    // masks, so merging two of them is right.)
    {.name = "dropout", .kind = OpKind::fused, .infer = same,
     .gradient = [](G& g) { g.set(0, g.graph().add("dropout", {g.dy(), g.x(1)}, g.attributes())); },
     .decompose = [](std::span<const Value> in, const Attributes& a) -> std::vector<Value> {
       const double rate = a.number("rate");
       const DType draw = in[0].dtype() == DType::float64 ? DType::float64 : DType::float32;
       const Value u = random_uniform(in[1], static_cast<std::uint64_t>(a.integer("stream")), in[0].shape(), draw);
       return {select(u >= rate, in[0] * (1 / (1 - rate)), 0)};
     }},
};

}  // namespace

std::span<const Op> random_ops() { return rows; }

Value random_uniform(Value state, std::uint64_t stream, const Shape& shape, DType dtype) {
  return emit("random_uniform", {state}, {{"stream", as_attribute(stream)}, {"shape", shape}, {"dtype", dtype}});
}
Value random_normal(Value state, std::uint64_t stream, const Shape& shape, DType dtype) {
  return emit("random_normal", {state}, {{"stream", as_attribute(stream)}, {"shape", shape}, {"dtype", dtype}});
}
Value dropout(Value x, Value state, double rate, std::uint64_t stream) {
  return emit("dropout", {x, state}, {{"rate", rate}, {"stream", as_attribute(stream)}});
}

}  // namespace strata
