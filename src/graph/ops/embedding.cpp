// embedding: rows of a table (V, D) at integer indices (...): (..., D). As gather, but a row of its own so that a backend
// may bring a gradient that adds up rows in index order, the same bits at any thread count.
#include <fmt/format.h>

#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

std::vector<TensorType> looked_up(Types in, const Attributes&) {
  if (in[0].shape.rank() != 2) shape_error("embedding", fmt::format("a table (rows, columns) is needed, not {}", in[0].shape.str()));
  if (!is_integer(in[1].dtype)) shape_error("embedding", fmt::format("indices of an integer dtype are needed, not {}", name_of(in[1].dtype)));
  return {{in[0].dtype, in[1].shape + Shape{in[0].shape[1]}}};
}

const Op rows[] = {
    {.name = "embedding", .kind = OpKind::fused, .infer = looked_up,
     .gradient = [](G& g) {
       g.set(0, g.graph().add("embedding_gradient", {g.x(1), g.dy()}, {{"shape", g.x(0).shape()}}));
     },
     .decompose = [](std::span<const Value> in, const Attributes&) -> std::vector<Value> { return {gather(in[0], in[1])}; }},
    // Inputs indices, dy; attribute shape of the table.
    {.name = "embedding_gradient", .kind = OpKind::fused,
     .infer = [](Types in, const Attributes& a) -> std::vector<TensorType> { return {{in[1].dtype, a.shape("shape")}}; },
     .gradient = [](G& g) { g.set(1, embedding(g.dy(), g.x(0))); },
     .decompose = [](std::span<const Value> in, const Attributes& a) -> std::vector<Value> {
       return {cast(emit("scatter_add", {in[0], widened(in[1])}, {{"shape", a.shape("shape")}}), in[1].dtype())};
     },
     .forward = "embedding"},
};

}  // namespace

std::span<const Op> embedding_ops() { return rows; }

Value embedding(Value table, Value indices) {
  return emit("embedding", {table, is_integer(indices.dtype()) ? indices : cast(indices, DType::int32)});
}

Value segment_sum(Value data, Value segment, const Dim& segments) {
  if (data.rank() != 2) shape_error("segment_sum", fmt::format("data (rows, columns) are needed, not {}", data.shape().str()));
  return emit("embedding_gradient", {segment, data}, {{"shape", Shape{segments, data.dim(1)}}});
}

}  // namespace strata
