#include "src/graph/graph.h"

#include <fmt/format.h>

#include <strata/error.h>

namespace strata {

DType Value::dtype() const { return graph_->type(port(*this)).dtype; }
const Shape& Value::shape() const { return graph_->type(port(*this)).shape; }

Value Graph::add(const Op& op, std::vector<Value> inputs, Attributes attributes) {
  std::vector<TensorType> types;
  std::vector<Port> ports;
  for (const Value& v : inputs) {
    if (v.dtype() == DType::string)  // of another graph, where texts are kept apart
      throw Error(ErrorKind::spec, fmt::format("{} of texts: no device holds texts, only the host does", op.name),
                  "TextVectorization and StringLookup turn texts into numbers");
    types.push_back(type(port(v)));
    ports.push_back(port(v));
  }
  std::vector<TensorType> outputs = op.infer(types, attributes);
  nodes_.push_back(OpNode{&op, std::move(ports), std::move(attributes), std::move(outputs), place});
  return {this, static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

Value Graph::input(const std::string& name, TensorType type) {
  return add("input", {}, {{"name", name}, {"dtype", type.dtype}, {"shape", type.shape}});
}
Value Graph::variable(std::int64_t id, TensorType type) {
  return add("variable", {}, {{"id", id}, {"dtype", type.dtype}, {"shape", type.shape}});
}
Value Graph::constant(DType dtype, double value) {
  return add("constant", {}, {{"value", value}, {"dtype", dtype}, {"shape", Shape{}}});
}
Value Graph::constant(const Tensor& tensor) {
  if (tensor.rank() == 0 && tensor.dtype() != DType::int64) return constant(tensor.dtype(), tensor.at(0));
  tensors_.push_back(tensor);
  return add("constant", {}, {{"tensor", static_cast<std::int64_t>(tensors_.size()) - 1}, {"dtype", tensor.dtype()},
                              {"shape", Shape::of(tensor.shape())}});
}

std::string text_of(const Attribute& a) {
  struct Printer {
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(const std::string& v) const { return '"' + v + '"'; }
    std::string operator()(const std::vector<std::int64_t>& v) const { return fmt::format("[{}]", fmt::join(v, ",")); }
    std::string operator()(DType v) const { return std::string(name_of(v)); }
    std::string operator()(const Shape& v) const {
      std::string text;
      for (const Dim& d : v) text += (text.empty() ? "" : ",") + d.str();
      return "(" + text + ")";
    }
    std::string operator()(const std::shared_ptr<const Graph>& g) const { return "{\n" + print(*g) + "}"; }
  };
  return std::visit(Printer{}, a);
}

std::string print(const Graph& graph) {
  std::string text;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const OpNode& n = graph.nodes()[i];
    text += fmt::format("%{} = {}", i, n.op->name);
    for (const Port& p : n.inputs) text += p.output ? fmt::format(" %{}.{}", p.node, p.output) : fmt::format(" %{}", p.node);
    for (const auto& [key, value] : n.attributes)
      if (key != "dtype" && key != "shape") text += fmt::format(" {}={}", key, text_of(value));
    text += " :";
    for (const TensorType& t : n.outputs) text += fmt::format(" {}{}", name_of(t.dtype), text_of(t.shape));
    if (!n.place.empty()) text += fmt::format("  # {}", n.place);
    text += '\n';
  }
  for (const Port& p : graph.outputs) text += fmt::format("output %{}.{}\n", p.node, p.output);
  for (const auto& [id, p] : graph.updates) text += fmt::format("variable {} := %{}.{}\n", id, p.node, p.output);
  return text;
}

Graph specialize(const Graph& graph, const Bindings& bindings) {
  Graph result;
  std::vector<Value> first(graph.nodes().size());
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const OpNode& n = graph.nodes()[i];
    Attributes attributes;
    for (const auto& [key, value] : n.attributes) {
      if (const auto* shape = std::get_if<Shape>(&value)) attributes.set(key, Shape::of(shape->bind(bindings)));
      else if (const auto* body = std::get_if<std::shared_ptr<const Graph>>(&value))
        attributes.set(key, std::make_shared<const Graph>(specialize(**body, bindings)));
      else attributes.set(key, value);
    }
    result.place = n.place;
    if (n.op->name == "constant" && n.attributes.has("tensor")) {
      first[i] = result.constant(graph.tensor(n.attributes.integer("tensor")));
      continue;
    }
    std::vector<Value> inputs;
    for (const Port& p : n.inputs) inputs.emplace_back(&result, first[p.node].node(), p.output);
    first[i] = result.add(*n.op, std::move(inputs), std::move(attributes));
  }
  const auto moved = [&](Port p) { return Port{first[p.node].node(), p.output}; };
  for (const Port& p : graph.outputs) result.outputs.push_back(moved(p));
  for (const auto& [id, p] : graph.updates) result.updates.emplace_back(id, moved(p));
  result.place.clear();
  return result;
}

}  // namespace strata
