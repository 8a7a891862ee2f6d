#include <map>

#include "src/compile/passes.h"
#include "src/compile/rewrite.h"

namespace strata {
namespace {

// y = relu(product + bias), and behind another product the select by y > 0.
struct Gate {
  std::int32_t relu, product;
  Port bias;
  std::int32_t behind, select;
};

class Gates {
 public:
  Gates(const Graph& graph, Backend& backend) : graph_(graph), backend_(backend) {
    for (const OpNode& n : graph.nodes())
      for (const Port& p : n.inputs) ++readers_[p];
    for (const Port& p : graph.outputs) ++readers_[p];
    for (const auto& [id, p] : graph.updates) ++readers_[p];
  }

  std::vector<Gate> find() {
    std::vector<Gate> found;
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i)
      if (const auto gate = gate_of(static_cast<std::int32_t>(i)); gate && is_taken(*gate)) found.push_back(*gate);
    return found;
  }

 private:
  bool is_zero(Port p) const {
    const OpNode& n = graph_.node(p.node);
    return n.op->name == "constant" && !n.attributes.has("tensor") && n.attributes.number("value") == 0;
  }
  // A product that nobody but what stands behind it reads.
  bool is_product(Port p) const { return graph_.node(p.node).op->name == "matmul" && readers_.at(p) == 1; }

  std::optional<Gate> gate_of(std::int32_t id) const {
    const OpNode& select = graph_.node(id);
    if (select.op->name != "select" || !is_zero(select.inputs[2])) return std::nullopt;
    const Port is_open = select.inputs[0], behind = select.inputs[1];
    const OpNode& test = graph_.node(is_open.node);
    if (!is_product(behind) || test.op->name != "greater" || readers_.at(is_open) != 1 || !is_zero(test.inputs[1])) return std::nullopt;
    const Port y = test.inputs[0];
    const OpNode& relu = graph_.node(y.node);
    if (relu.op->name != "relu" || graph_.type(y) != graph_.type(behind) || select.outputs[0] != graph_.type(y)) return std::nullopt;
    const Port sum = relu.inputs[0];
    const OpNode& add = graph_.node(sum.node);
    if (add.op->name != "add" || readers_.at(sum) != 1) return std::nullopt;
    for (const std::size_t side : {0u, 1u}) {
      const Port product = add.inputs[side], bias = add.inputs[1 - side];
      const Shape& row = graph_.type(bias).shape;
      if (is_product(product) && graph_.type(product).shape == graph_.type(y).shape && row.rank() == 1 && row[0] == graph_.type(y).shape[-1])
        return Gate{y.node, product.node, bias, behind.node, id};
    }
    return std::nullopt;
  }

  bool is_taken(const Gate& g) {
    const OpNode& product = graph_.node(g.product);
    const TensorType &y = graph_.node(g.relu).outputs[0], is_open{DType::boolean, y.shape};
    return has_kernel("matmul_relu", product, graph_.type(g.bias), {y, is_open}) && has_kernel("matmul_gated", graph_.node(g.behind), is_open, {y});
  }
  bool has_kernel(std::string_view op, const OpNode& product, const TensorType& third, const std::vector<TensorType>& outputs) {
    Region region;
    region.inputs = {array_type(graph_.type(product.inputs[0])), array_type(graph_.type(product.inputs[1])), array_type(third)};
    region.ops.push_back({op, &product.attributes, {{-1, 0}, {-1, 1}, {-1, 2}}, {}});
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      region.ops[0].outputs.push_back(array_type(outputs[k]));
      region.outputs.push_back({0, static_cast<int>(k)});
    }
    std::vector<Refusal> refusals;
    return !backend_.candidates(region, refusals).empty();
  }

  const Graph& graph_;
  Backend& backend_;
  std::map<Port, int> readers_;
};

}  // namespace

std::optional<Graph> gate(const Graph& graph, Backend& backend) {
  std::map<std::int32_t, Gate> at_relu, at_select;
  for (const Gate& g : Gates(graph, backend).find()) at_relu.emplace(g.relu, g), at_select.emplace(g.select, g);
  if (at_relu.empty()) return std::nullopt;
  std::map<std::int32_t, Value> gates;  // by the relu
  return rewrite(graph, [&](std::int32_t id, Graph& to, const NewPlace& at) -> std::optional<std::vector<Value>> {
    if (const auto found = at_relu.find(id); found != at_relu.end()) {
      const OpNode& product = graph.node(found->second.product);
      const Value y = to.add("matmul_relu", {at(product.inputs[0]), at(product.inputs[1]), at(found->second.bias)}, product.attributes);
      gates.emplace(id, Value(&to, y.node(), 1));
      return {{y}};
    }
    if (const auto found = at_select.find(id); found != at_select.end()) {
      const OpNode& product = graph.node(found->second.behind);
      return {{to.add("matmul_gated", {at(product.inputs[0]), at(product.inputs[1]), gates.at(found->second.relu)}, product.attributes)}};
    }
    return std::nullopt;
  });
}

}  // namespace strata
