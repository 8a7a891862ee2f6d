#include "src/compile/passes.h"

#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include <strata/error.h>
#include <strata/ops.h>
#include "src/compile/rewrite.h"

namespace strata {

ArrayType array_type(const TensorType& type) { return {type.dtype, type.shape.values()}; }

std::vector<Tensor> evaluate(const Op& op, const Attributes& attributes, std::span<const Tensor> inputs,
                             std::span<const TensorType> outputs, Backend& reference) {
  Region region;
  RegionOp node{op.name, &attributes, {}, {}};
  std::vector<void*> in, out;
  for (const Tensor& t : inputs) {
    node.inputs.push_back({-1, static_cast<int>(region.inputs.size())});
    region.inputs.push_back({t.dtype(), t.shape()});
    in.push_back(const_cast<void*>(t.data()));
  }
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    node.outputs.push_back(array_type(outputs[i]));
    region.outputs.push_back({0, static_cast<int>(i)});
    results.emplace_back(outputs[i].dtype, outputs[i].shape.values());
    out.push_back(results.back().data());
  }
  region.ops.push_back(std::move(node));
  std::vector<Refusal> refusals;
  const std::vector<Candidate> found = reference.candidates(region, refusals);
  if (found.empty()) throw Error(ErrorKind::runtime, fmt::format("the reference backend has no kernel for '{}' on {}", op.name, name_of(outputs[0].dtype)));
  std::vector<std::byte> scratch(found[0].scratch_bytes);
  found[0].prepare()->bind(in, out, {.scratch = scratch.data()})->run();
  return results;
}

namespace {

constexpr std::int64_t largest_folded_input = 1 << 20, largest_folded_output = 64;

std::string key_of(const Op& op, const std::vector<Value>& inputs, const Attributes& attributes) {
  std::string key(op.name);
  for (const Value& v : inputs) key += fmt::format(" {}.{}", v.node(), v.output());
  struct Text {
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return fmt::format("{:a}", v); }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const std::vector<std::int64_t>& v) const { return fmt::format("{}", fmt::join(v, ",")); }
    std::string operator()(DType v) const { return std::string(name_of(v)); }
    std::string operator()(const Shape& v) const { return fmt::format("({})", fmt::join(v.values(), ",")); }
    std::string operator()(const std::shared_ptr<const Graph>& v) const { return fmt::format("{}", static_cast<const void*>(v.get())); }
  };
  for (const auto& [name, value] : attributes) key += fmt::format(" {}={}", name, std::visit(Text{}, value));
  return key;
}

class Simplifier {
 public:
  Simplifier(const Graph& from, const CompileOptions& options, Backend& reference)
      : from_(from), options_(options), reference_(reference), needed_(from.nodes().size(), !options.prune) {}

  Graph run() {
    if (options_.prune) find_needed();
    moved_.resize(from_.nodes().size());
    for (std::size_t i = 0; i < from_.nodes().size(); ++i)
      if (needed_[i]) rewrite(i);
    for (const Port& p : from_.outputs) to_.outputs.push_back(port(at(p)));
    for (const auto& [id, p] : from_.updates) to_.updates.emplace_back(id, port(at(p)));
    to_.place.clear();
    return std::move(to_);
  }

 private:
  void find_needed() {
    for (const Port& p : from_.outputs) needed_[static_cast<std::size_t>(p.node)] = true;
    for (const auto& [id, p] : from_.updates) needed_[static_cast<std::size_t>(p.node)] = true;
    for (std::size_t i = from_.nodes().size(); i-- > 0;)
      if (needed_[i])
        for (const Port& p : from_.nodes()[i].inputs) needed_[static_cast<std::size_t>(p.node)] = true;
    for (std::size_t i = 0; i < from_.nodes().size(); ++i)  // an input is part of the interface
      if (from_.nodes()[i].op->name == "input") needed_[i] = true;
  }

  Value at(Port p) const { return moved_[static_cast<std::size_t>(p.node)][static_cast<std::size_t>(p.output)]; }
  const OpNode& node(Value v) const { return to_.node(v.node()); }

  void rewrite(std::size_t i) {
    const OpNode& n = from_.nodes()[i];
    to_.place = n.place;
    std::vector<Value> inputs;
    for (const Port& p : n.inputs) inputs.push_back(at(p));

    if (n.op->name == "stop_gradient" || (n.op->name == "broadcast_to" && inputs[0].shape() == n.outputs[0].shape)) {
      moved_[i] = {inputs[0]};
      return;
    }
    if (n.op->name == "reshape") {
      Value x = inputs[0];
      while (node(x).op->name == "reshape") x = value_of(to_, node(x).inputs[0]);
      moved_[i] = {reshape(x, n.outputs[0].shape)};
      return;
    }
    if (options_.fold) {
      if (n.op->kind == OpKind::elementwise) shed_broadcasts(inputs, n);
      if (const auto same = unchanged_operand(n, inputs)) {
        moved_[i] = {*same};
        return;
      }
      if (const auto folded = fold(n, inputs)) {
        moved_[i] = {*folded};
        return;
      }
    }
    Value first;
    if (n.op->name == "constant") first = constant(n);
    else if (options_.merge && n.op->kind != OpKind::random && n.op->kind != OpKind::scan) {
      const auto [known, fresh] = seen_.try_emplace(key_of(*n.op, inputs, n.attributes));
      if (fresh) known->second = to_.add(*n.op, inputs, n.attributes);
      first = known->second;
    } else {
      first = to_.add(*n.op, inputs, n.attributes);
    }
    for (std::size_t k = 0; k < n.outputs.size(); ++k) moved_[i].push_back(Value(&to_, first.node(), static_cast<std::int32_t>(k)));
  }

  Value constant(const OpNode& n) {
    if (n.attributes.has("tensor")) return to_.constant(from_.tensor(n.attributes.integer("tensor")));
    const auto [known, fresh] = seen_.try_emplace(key_of(*n.op, {}, n.attributes));
    if (fresh || !options_.merge) known->second = to_.constant(n.attributes.dtype("dtype"), n.attributes.number("value"));
    return known->second;
  }

  // An elementwise op broadcasts by itself: what was broadcast for it alone is taken as it was, where the result keeps its
  // shape.
  void shed_broadcasts(std::vector<Value>& inputs, const OpNode& n) {
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      if (node(inputs[k]).op->name != "broadcast_to") continue;
      std::vector<Value> lean = inputs;
      lean[k] = value_of(to_, node(inputs[k]).inputs[0]);
      std::vector<TensorType> types;
      for (const Value& v : lean) types.push_back({v.dtype(), v.shape()});
      if (n.op->infer(types, n.attributes)[0].shape == n.outputs[0].shape) inputs = std::move(lean);
    }
  }

  bool is_constant(Value v, double number) const {
    const OpNode& n = node(v);
    return n.op->name == "constant" && !n.attributes.has("tensor") && n.attributes.number("value") == number;
  }

  // x*1 and x/1 are x, to the bit.
  std::optional<Value> unchanged_operand(const OpNode& n, const std::vector<Value>& inputs) const {
    const auto whole = [&](Value v) { return v.shape() == n.outputs[0].shape; };
    if ((n.op->name == "multiply" || n.op->name == "divide") && is_constant(inputs[1], 1) && whole(inputs[0])) return inputs[0];
    if (n.op->name == "multiply" && is_constant(inputs[0], 1) && whole(inputs[1])) return inputs[1];
    return std::nullopt;
  }

  // The elements of a constant, or of a broadcast one that is not too large.
  std::optional<Tensor> known(Value v) {
    const OpNode& n = node(v);
    if (n.op->name == "constant") {
      if (n.attributes.has("tensor")) return to_.tensor(n.attributes.integer("tensor"));
      Tensor t(v.dtype(), {});
      t.set(0, n.attributes.number("value"));
      return t;
    }
    if (n.op->name != "broadcast_to" || v.shape().elements().value() > largest_folded_input) return std::nullopt;
    const std::optional<Tensor> x = known(value_of(to_, n.inputs[0]));
    if (!x) return std::nullopt;
    return evaluate(*n.op, n.attributes, std::span<const Tensor>(&*x, 1), n.outputs, reference_)[0];
  }

  std::optional<Value> fold(const OpNode& n, const std::vector<Value>& inputs) {
    const bool foldable = (n.op->kind == OpKind::elementwise || n.op->kind == OpKind::primitive) && n.op->name != "broadcast_to" &&
                          n.outputs.size() == 1 && !inputs.empty();
    if (!foldable || n.outputs[0].shape.elements().value() > largest_folded_output) return std::nullopt;
    std::vector<Tensor> values;
    for (const Value& v : inputs) {
      auto t = known(v);
      if (!t) return std::nullopt;
      values.push_back(std::move(*t));
    }
    return to_.constant(evaluate(*n.op, n.attributes, values, n.outputs, reference_)[0]);
  }

  const Graph& from_;
  const CompileOptions& options_;
  Backend& reference_;
  Graph to_;
  std::vector<bool> needed_;
  std::vector<std::vector<Value>> moved_;
  std::unordered_map<std::string, Value> seen_;
};

}  // namespace

Graph simplify(const Graph& graph, const CompileOptions& options, Backend& reference) {
  // Rewriting leaves nodes behind that only the next look knows to be dead.
  Graph once = Simplifier(graph, options, reference).run();
  return Simplifier(once, options, reference).run();
}

Graph decompose(const Graph& graph, const std::function<bool(std::int32_t)>& which) {
  return rewrite(graph, [&](std::int32_t id, Graph&, const NewPlace& at) -> std::optional<std::vector<Value>> {
    const OpNode& n = graph.node(id);
    if (!n.op->decompose || !which(id)) return std::nullopt;
    std::vector<Value> inputs;
    for (const Port& p : n.inputs) inputs.push_back(at(p));
    std::vector<Value> made = n.op->decompose(inputs, n.attributes);
    for (std::size_t k = 0; k < made.size(); ++k)
      if (TensorType{made[k].dtype(), made[k].shape()} != n.outputs[k])
        throw Error(ErrorKind::runtime, fmt::format("output {} of '{}' decomposes into {} {}, not {} {}", k, n.op->name, name_of(made[k].dtype()),
                                                    made[k].shape().str(), name_of(n.outputs[k].dtype), n.outputs[k].shape.str()));
    return made;
  });
}

}  // namespace strata
