#include "src/compile/interpreter.h"

#include <cstring>

#include <fmt/format.h>

#include <strata/error.h>
#include "backend/reference/reference.h"

namespace strata {
namespace {

using Tensors = std::vector<Tensor>;

ArrayType array_type(const TensorType& t) { return {t.dtype, t.shape.values()}; }

class Interpreter {
 public:
  explicit Interpreter(const InterpreterObserver& observer) : backend_(make_reference_backend()), observer_(observer) {}

  Tensors run(const Graph& graph, const std::map<std::string, Tensor>& inputs, std::map<std::int64_t, Tensor>& variables) {
    std::vector<Tensors> made;
    const auto at = [&](Port p) { return made[static_cast<std::size_t>(p.node)][static_cast<std::size_t>(p.output)]; };
    for (const OpNode& node : graph.nodes()) {
      Tensors operands;
      for (const Port& p : node.inputs) operands.push_back(at(p));
      made.push_back(node.op->kind == OpKind::leaf ? Tensors{leaf(graph, node, inputs, variables)} : compute(graph, node, operands));
      if (observer_) observer_(graph, static_cast<std::int32_t>(made.size()) - 1, made.back());
    }
    Tensors outputs;
    for (const Port& p : graph.outputs) outputs.push_back(at(p));
    for (const auto& [id, p] : graph.updates) variables[id] = at(p).clone();
    return outputs;
  }

 private:
  static Tensor leaf(const Graph& graph, const OpNode& node, const std::map<std::string, Tensor>& inputs,
                     const std::map<std::int64_t, Tensor>& variables) {
    const ArrayType type = array_type(node.outputs[0]);
    const auto checked = [&](const Tensor& t, const std::string& what) {
      if (t && (t.dtype() != type.dtype || t.shape() != type.dims))
        throw Error(ErrorKind::data, fmt::format("{} is {}; the graph wants {}", what, t.str(), Tensor(type.dtype, type.dims).str()));
      return t;
    };
    if (node.op->name == "input") {
      const std::string& name = node.attributes.text("name");
      const auto found = inputs.find(name);
      if (found == inputs.end()) throw Error(ErrorKind::data, fmt::format("the graph's input '{}' was not given", name));
      return checked(found->second, "input '" + name + "'");
    }
    if (node.op->name == "variable") {
      const std::int64_t id = node.attributes.integer("id");
      const auto found = variables.find(id);
      if (found == variables.end()) throw Error(ErrorKind::data, fmt::format("the graph's variable {} was not given", id));
      return checked(found->second, fmt::format("variable {}", id));
    }
    if (node.attributes.has("tensor")) return graph.tensor(node.attributes.integer("tensor"));
    Tensor scalar(type.dtype, type.dims);
    scalar.set(0, node.attributes.number("value"));
    return scalar;
  }

  Tensors compute(const Graph& graph, const OpNode& node, const Tensors& operands) {
    if (node.op->kind == OpKind::alias) return {operands[0].reshape(array_type(node.outputs[0]).dims)};
    if (node.op->kind == OpKind::scan) return scan(node, operands);
    if (node.op->kind == OpKind::fused) return decomposed(graph, node, operands);
    return {kernel(graph, node, operands)};
  }

  Tensor kernel(const Graph& graph, const OpNode& node, const Tensors& operands) {
    Region region;
    RegionOp op{node.op->name, &node.attributes, {}, {array_type(node.outputs[0])}};
    std::vector<void*> inputs;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (!operands[i])
        throw Error(ErrorKind::runtime, fmt::format("operand {} of {} is a hidden value that the decomposition does not make", i, node.op->name));
      op.inputs.push_back({-1, static_cast<int>(i)});
      region.inputs.push_back(array_type(graph.type(node.inputs[i])));
      inputs.push_back(const_cast<void*>(operands[i].data()));  // a kernel reads its inputs
    }
    region.ops.push_back(std::move(op));
    region.outputs.push_back({0, 0});

    std::vector<Refusal> refusals;
    const auto candidates = backend_->candidates(region, refusals);
    if (candidates.empty())
      throw Error(ErrorKind::runtime, fmt::format("the reference backend does not run {}: {}", node.op->name, refusals[0].reason));
    const ArrayType& type = region.ops[0].outputs[0];
    Tensor output(type.dtype, type.dims);
    Tensor scratch(DType::uint8, {static_cast<std::int64_t>(candidates[0].scratch_bytes)});
    std::vector<void*> outputs{output.data()};
    std::vector<std::unique_ptr<Call>> calls;
    calls.push_back(candidates[0].prepare()->bind(inputs, outputs, {.scratch = scratch.data()}));
    backend_->run(calls);
    backend_->synchronize();
    return output;
  }

  Tensors decomposed(const Graph& graph, const OpNode& node, const Tensors& operands) {
    Graph parts;
    parts.place = node.place;
    std::vector<Value> values;
    std::map<std::string, Tensor> inputs;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const std::string name = std::to_string(i);
      values.push_back(parts.input(name, graph.type(node.inputs[i])));
      inputs[name] = operands[i];
    }
    // A hidden output that the decomposition leaves out is a tensor that stands for none.
    const std::vector<Value> results = node.op->decompose(values, node.attributes);
    for (const Value& v : results)
      if (v) parts.outputs.push_back(port(v));
    std::map<std::int64_t, Tensor> no_variables;
    const Tensors made = run(parts, inputs, no_variables);
    Tensors outputs(node.outputs.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < results.size(); ++i)
      if (results[i]) outputs[i] = made[next++];
    return outputs;
  }

  // Inputs carries, sequences, invariants; outputs the last carries, the stacked outputs, the carries on entry to each step.
  Tensors scan(const OpNode& node, const Tensors& operands) {
    const Graph& body = *node.attributes.graph("body");
    const auto carries = static_cast<std::size_t>(node.attributes.integer("carries"));
    const auto sequences = static_cast<std::size_t>(node.attributes.integer("sequences"));
    const std::size_t stacked = body.outputs.size() - carries;
    const std::int64_t length = node.attributes.shape("length")[0].value();

    Tensors outputs(operands.begin(), operands.begin() + static_cast<std::ptrdiff_t>(carries));
    for (std::size_t i = carries; i < node.outputs.size(); ++i) {
      const ArrayType type = array_type(node.outputs[i]);
      outputs.emplace_back(type.dtype, type.dims);
    }
    std::map<std::string, Tensor> inputs;
    for (std::size_t i = carries + sequences; i < operands.size(); ++i)
      inputs["i" + std::to_string(i - carries - sequences)] = operands[i];
    const auto place = [&](std::size_t output, std::int64_t t, const Tensor& x) {
      if (x.bytes()) std::memcpy(outputs[output].rows(t, t + 1).data(), x.data(), x.bytes());
    };
    std::map<std::int64_t, Tensor> no_variables;
    for (std::int64_t step = 0; step < length; ++step) {
      const std::int64_t t = node.attributes.flag("reverse") ? length - 1 - step : step;
      for (std::size_t i = 0; i < carries; ++i) {
        inputs["c" + std::to_string(i)] = outputs[i];
        place(carries + stacked + i, t, outputs[i]);
      }
      for (std::size_t i = 0; i < sequences; ++i) {
        const Tensor& x = operands[carries + i];
        inputs["s" + std::to_string(i)] = x.rows(t, t + 1).reshape({x.shape().begin() + 1, x.shape().end()});
      }
      const Tensors made = run(body, inputs, no_variables);
      for (std::size_t i = 0; i < carries; ++i) outputs[i] = made[i];
      for (std::size_t i = 0; i < stacked; ++i) place(carries + i, t, made[carries + i]);
    }
    return outputs;
  }

  std::unique_ptr<Backend> backend_;
  const InterpreterObserver& observer_;
};

}  // namespace

std::vector<Tensor> interpret(const Graph& graph, const std::map<std::string, Tensor>& inputs,
                              std::map<std::int64_t, Tensor>& variables, const InterpreterObserver& observer) {
  return Interpreter(observer).run(graph, inputs, variables);
}

std::vector<Tensor> interpret(const Graph& graph, const std::map<std::string, Tensor>& inputs) {
  std::map<std::int64_t, Tensor> no_variables;
  return interpret(graph, inputs, no_variables);
}

}  // namespace strata
