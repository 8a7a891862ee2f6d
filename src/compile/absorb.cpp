#include <map>
#include <optional>
#include <utility>

#include <strata/ops.h>
#include "src/compile/passes.h"
#include "src/compile/rewrite.h"

namespace strata {
namespace {

class Absorption {
 public:
  Absorption(const Graph& from, const SteadyVariables& steady) : from_(from), steady_(steady_nodes(from, steady)) {
    for (const OpNode& n : from.nodes())
      for (const Port& p : n.inputs) ++readers_[p];
    for (const Port& p : from.outputs) ++readers_[p];
    for (const auto& [id, p] : from.updates) ++readers_[p];
  }

  Graph run() {
    return rewrite(from_, [this](std::int32_t id, Graph& to, const NewPlace& at) -> std::optional<std::vector<Value>> {
      const OpNode& n = from_.node(id);
      if (const auto found = scaled(n)) return {{rewritten(*found, to, at)}};
      if (const auto sum = with_one_shift(n, at)) return {{*sum}};
      return std::nullopt;
    });
  }

 private:
  struct Scaled {
    std::int32_t product;
    std::optional<Port> bias;
    Port scale;
  };

  bool is_steady(Port p) const { return steady_[static_cast<std::size_t>(p.node)]; }
  std::int64_t columns(std::int32_t product) const { return from_.node(product).outputs[0].shape[-1].value(); }

  // One element for each column, or one for all.
  bool is_row(Port p, std::int64_t columns) const {
    const Shape& shape = from_.type(p).shape;
    const std::int64_t n = shape.elements().value();
    return is_steady(p) && (n == 1 || (n == columns && shape[-1].value() == columns));
  }

  bool is_product(Port p) const {
    const OpNode& n = from_.node(p.node);
    if (readers_.at(p) != 1 || steady_[static_cast<std::size_t>(p.node)] || !is_floating(n.outputs[0].dtype) || n.outputs[0].dtype == DType::bfloat16 ||
        n.outputs[0].dtype == DType::float16)
      return false;
    if (n.op->name == "convolution") return is_steady(n.inputs[1]);
    return n.op->name == "matmul" && !n.attributes.flag("transpose_b") && is_steady(n.inputs[1]) && from_.type(n.inputs[1]).shape.rank() == 2;
  }

  std::optional<Scaled> scaled(const OpNode& n) const {
    if (n.op->name != "multiply") return std::nullopt;
    for (int side = 0; side < 2; ++side) {
      const Port whole = n.inputs[static_cast<std::size_t>(side)], scale = n.inputs[static_cast<std::size_t>(1 - side)];
      if (from_.type(whole).shape != n.outputs[0].shape) continue;
      if (is_product(whole) && is_row(scale, columns(whole.node))) return Scaled{whole.node, std::nullopt, scale};
      const OpNode& sum = from_.node(whole.node);
      if (sum.op->name != "add" || readers_.at(whole) != 1) continue;
      for (int k = 0; k < 2; ++k) {
        const Port product = sum.inputs[static_cast<std::size_t>(k)], bias = sum.inputs[static_cast<std::size_t>(1 - k)];
        if (from_.type(product).shape == sum.outputs[0].shape && is_product(product) && is_row(bias, columns(product.node)) &&
            is_row(scale, columns(product.node)))
          return Scaled{product.node, bias, scale};
      }
    }
    return std::nullopt;
  }

  Value rewritten(const Scaled& s, Graph& to, const NewPlace& at) {
    const OpNode& product = from_.node(s.product);
    const std::int64_t n = columns(s.product);
    const Value scale = as_row(at(s.scale), n), kernel = at(product.inputs[1]) * scale;
    const std::string place = std::exchange(to.place, product.place);
    const Value y = to.add(*product.op, {at(product.inputs[0]), kernel}, product.attributes);
    to.place = place;
    return s.bias ? shifted(y, as_row(at(*s.bias), n) * scale) : y;
  }

  Value shifted(Value y, Value shift) {
    const Value sum = y + shift;
    shifts_[port(sum)] = {y, shift};
    return sum;
  }

  // What is added behind a shifted product joins its shift.
  std::optional<Value> with_one_shift(const OpNode& n, const NewPlace& at) {
    if (n.op->name != "add") return std::nullopt;
    for (std::size_t side = 0; side < 2; ++side) {
      const Port whole = n.inputs[side], row = n.inputs[1 - side];
      const auto found = shifts_.find(port(at(whole)));
      if (found == shifts_.end() || readers_.at(whole) != 1 || from_.type(whole).shape != n.outputs[0].shape) continue;
      const auto [y, shift] = found->second;
      const std::int64_t columns = y.shape()[-1].value();
      if (is_row(row, columns)) return shifted(y, shift + as_row(at(row), columns));
    }
    return std::nullopt;
  }

  static Value as_row(Value v, std::int64_t columns) {
    return reshape(v, v.shape().elements().value() == 1 && columns != 1 ? Shape{} : Shape{columns});
  }

  const Graph& from_;
  std::vector<bool> steady_;
  std::map<Port, int> readers_;
  std::map<Port, std::pair<Value, Value>> shifts_;  // sum of the new graph -> the product and the row that was added
};

}  // namespace

Graph absorb(const Graph& graph, const SteadyVariables& steady) { return Absorption(graph, steady).run(); }

}  // namespace strata
