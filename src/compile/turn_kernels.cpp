#include "src/compile/passes.h"
#include "src/compile/rewrite.h"
#include "src/graph/kernel_order.h"

namespace strata {

Graph turn_kernels(const Graph& graph) {
  return rewrite(graph, [&](std::int32_t id, Graph& to, const NewPlace& at) -> std::optional<std::vector<Value>> {
    const OpNode& n = graph.node(id);
    if (n.op->name != "convolution" && n.op->forward != "convolution") return std::nullopt;
    Attributes attributes = n.attributes;
    if (attributes.flag("filters_first")) return std::nullopt;
    attributes.set("filters_first", std::int64_t{1});
    if (n.op->name != "convolution_kernel_gradient") return {{to.add(*n.op, {at(n.inputs[0]), filters_first(at(n.inputs[1]))}, attributes)}};
    const Shape& shape = attributes.shape("shape");
    attributes.set("shape", Shape{shape[-1]} + shape.slice(0, shape.rank() - 1));
    return {{filters_last(to.add(*n.op, {at(n.inputs[0]), at(n.inputs[1])}, attributes))}};
  });
}

}  // namespace strata
