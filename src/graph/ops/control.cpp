// stop_gradient and scan.
//
// scan runs a body over the first axis of its sequences. Inputs: carries, sequences, invariants; the body is a graph whose
// inputs are named "c0".., "s0".., "i0".. and whose outputs are the new carries, then the outputs of the step. Outputs:
// the last carries, the stacked outputs, then (hidden) what each carry was on entry to every step, which the gradient
// reads.
#include <fmt/format.h>

#include <strata/error.h>
#include <strata/ops.h>
#include "src/graph/ops/table.h"

namespace strata {
namespace {

using Types = std::span<const TensorType>;
using G = GradientContext;

std::vector<TensorType> same(Types in, const Attributes&) { return {in[0]}; }

TensorType step_of(const TensorType& t) { return {t.dtype, t.shape.slice(1, t.shape.rank())}; }
TensorType stacked(const Dim& length, const TensorType& t) { return {t.dtype, Shape{length} + t.shape}; }

std::vector<TensorType> scanned(Types in, const Attributes& a) {
  const auto carries = static_cast<std::size_t>(a.integer("carries")), sequences = static_cast<std::size_t>(a.integer("sequences"));
  const Graph& body = *a.graph("body");
  Dim length = a.shape("length")[0];
  for (std::size_t i = 0; i < sequences; ++i) {
    const Dim& d = in[carries + i].shape[0];
    if (d != length && d.is_known() && length.is_known())
      shape_error("scan", fmt::format("sequences of {} and {} steps", length.str(), d.str()));
  }
  std::vector<TensorType> out(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(carries));
  for (std::size_t i = carries; i < body.outputs.size(); ++i) out.push_back(stacked(length, body.type(body.outputs[i])));
  for (std::size_t i = 0; i < carries; ++i) out.push_back(stacked(length, in[i]));
  return out;
}

// Copies the nodes of `body` into `graph`; its inputs become the given values. Returns its outputs.
std::vector<Value> inlined(const Graph& body, Graph& graph, const std::map<std::string, Value>& inputs) {
  std::vector<Value> first;
  for (const OpNode& n : body.nodes()) {
    if (n.op->name == "input") {
      first.push_back(inputs.at(n.attributes.text("name")));
      continue;
    }
    if (n.op->name == "constant" && n.attributes.has("tensor")) {
      first.push_back(graph.constant(body.tensor(n.attributes.integer("tensor"))));
      continue;
    }
    std::vector<Value> operands;
    for (const Port& p : n.inputs) operands.push_back(output_of(first[static_cast<std::size_t>(p.node)], first[static_cast<std::size_t>(p.node)].output() + p.output));
    first.push_back(graph.add(*n.op, std::move(operands), n.attributes));
  }
  std::vector<Value> outputs;
  for (const Port& p : body.outputs) {
    const Value& v = first[static_cast<std::size_t>(p.node)];
    outputs.push_back(output_of(v, v.output() + p.output));
  }
  return outputs;
}

std::string name(char kind, std::size_t i) { return kind + std::to_string(i); }

// Backwards in time: the carry of the gradient scan is (d carry, d invariant so far); its sequences are the entries of the
// forward carries, the forward sequences and the cotangents of the stacked outputs. The body runs forward again within the
// step, so nothing inside it is stored.
void scan_gradient(G& g) {
  const Attributes a = g.attributes();
  const auto carries = static_cast<std::size_t>(a.integer("carries")), sequences = static_cast<std::size_t>(a.integer("sequences"));
  const Graph& body = *a.graph("body");
  const std::size_t invariants = static_cast<std::size_t>(g.inputs()) - carries - sequences;
  const std::size_t outputs = body.outputs.size() - carries;
  const auto x = [&](std::size_t i) { return g.x(static_cast<int>(i)); };
  const auto differentiable = [](Value v) { return is_floating(v.dtype()); };

  // The operands that have a gradient, in the order carries, sequences, invariants.
  std::vector<std::size_t> d_carries, d_sequences, d_invariants, d_outputs, d_entries;
  for (std::size_t i = 0; i < carries; ++i) if (differentiable(x(i))) d_carries.push_back(i);
  for (std::size_t i = 0; i < sequences; ++i) if (differentiable(x(carries + i))) d_sequences.push_back(i);
  for (std::size_t i = 0; i < invariants; ++i) if (differentiable(x(carries + sequences + i))) d_invariants.push_back(i);
  for (std::size_t i = 0; i < outputs; ++i)
    if (is_floating(body.type(body.outputs[carries + i]).dtype) && g.has_dy(static_cast<int>(carries + i))) d_outputs.push_back(i);
  for (const std::size_t i : d_carries)  // what the gradient of a gradient scan sends to the carries on entry
    if (g.has_dy(static_cast<int>(carries + outputs + i))) d_entries.push_back(i);
  if (d_carries.empty() && d_sequences.empty() && d_invariants.empty()) return;

  std::vector<Value> carry0, elements, constants;
  for (const std::size_t i : d_carries) carry0.push_back(g.dy(static_cast<int>(i)));
  for (const std::size_t i : d_invariants) carry0.push_back(zeros_like(x(carries + sequences + i)));
  for (std::size_t i = 0; i < carries; ++i) elements.push_back(g.y(static_cast<int>(carries + outputs + i)));
  for (std::size_t i = 0; i < sequences; ++i) elements.push_back(x(carries + i));
  for (const std::size_t i : d_outputs) elements.push_back(g.dy(static_cast<int>(carries + i)));
  for (const std::size_t i : d_entries) elements.push_back(g.dy(static_cast<int>(carries + outputs + i)));
  for (std::size_t i = 0; i < invariants; ++i) constants.push_back(x(carries + sequences + i));

  const ScanBody step = [&](const std::vector<Value>& c, const std::vector<Value>& e, const std::vector<Value>& k) {
    std::map<std::string, Value> inputs;
    std::vector<Value> wanted, ys, dys;
    for (std::size_t i = 0; i < carries; ++i) inputs[name('c', i)] = e[i];
    for (std::size_t i = 0; i < sequences; ++i) inputs[name('s', i)] = e[carries + i];
    for (std::size_t i = 0; i < invariants; ++i) inputs[name('i', i)] = k[i];
    for (const std::size_t i : d_carries) wanted.push_back(inputs[name('c', i)]);
    for (const std::size_t i : d_sequences) wanted.push_back(inputs[name('s', i)]);
    for (const std::size_t i : d_invariants) wanted.push_back(inputs[name('i', i)]);
    const std::vector<Value> forward = inlined(body, e[0].graph(), inputs);
    for (std::size_t i = 0; i < d_carries.size(); ++i) {
      ys.push_back(forward[d_carries[i]]);
      dys.push_back(c[i]);
    }
    for (std::size_t i = 0; i < d_outputs.size(); ++i) {
      ys.push_back(forward[carries + d_outputs[i]]);
      dys.push_back(e[carries + sequences + i]);
    }
    const std::vector<Value> d = gradients(ys, wanted, dys);
    ScanStep result;
    for (std::size_t i = 0; i < d_carries.size(); ++i) {
      const auto entry = std::find(d_entries.begin(), d_entries.end(), d_carries[i]);
      const auto at = carries + sequences + d_outputs.size() + static_cast<std::size_t>(entry - d_entries.begin());
      result.carries.push_back(entry == d_entries.end() ? d[i] : d[i] + e[at]);
    }
    for (std::size_t i = 0; i < d_invariants.size(); ++i)
      result.carries.push_back(c[d_carries.size() + i] + d[d_carries.size() + d_sequences.size() + i]);
    for (std::size_t i = 0; i < d_sequences.size(); ++i) result.outputs.push_back(d[d_carries.size() + i]);
    return result;
  };
  const Scan result = scan(step, carry0, elements, constants, !a.flag("reverse"));
  for (std::size_t i = 0; i < d_carries.size(); ++i) g.set(static_cast<int>(d_carries[i]), result.carries[i]);
  for (std::size_t i = 0; i < d_invariants.size(); ++i)
    g.set(static_cast<int>(carries + sequences + d_invariants[i]), result.carries[d_carries.size() + i]);
  for (std::size_t i = 0; i < d_sequences.size(); ++i) g.set(static_cast<int>(carries + d_sequences[i]), result.sequences[i]);
}

const Op rows[] = {
    {.name = "stop_gradient", .kind = OpKind::alias, .infer = same, .differentiable = false},
    {.name = "scan", .kind = OpKind::scan, .infer = scanned, .gradient = scan_gradient},
};

}  // namespace

std::span<const Op> control_ops() { return rows; }

Value stop_gradient(Value x) { return emit("stop_gradient", {x}); }

Scan scan(const ScanBody& body, const std::vector<Value>& carries, const std::vector<Value>& sequences,
          const std::vector<Value>& invariants, bool reverse) {
  if (carries.empty() && sequences.empty()) throw Error(ErrorKind::runtime, "scan: there is nothing to go over");
  if (sequences.empty()) throw Error(ErrorKind::runtime, "scan: a sequence is needed, which says how many steps there are");
  Graph& graph = sequences[0].graph();
  auto inner = std::make_shared<Graph>();
  inner->place = graph.place;
  const auto inputs = [&](char kind, const std::vector<Value>& values, bool step) {
    std::vector<Value> in;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const TensorType type{values[i].dtype(), values[i].shape()};
      in.push_back(inner->input(name(kind, i), step ? step_of(type) : type));
    }
    return in;
  };
  const std::vector<Value> c = inputs('c', carries, false), s = inputs('s', sequences, true), k = inputs('i', invariants, false);
  const ScanStep result = body(c, s, k);
  for (std::size_t i = 0; i < carries.size(); ++i) {
    if (result.carries.size() != carries.size() || result.carries[i].dtype() != carries[i].dtype() ||
        broadcast(result.carries[i].shape(), carries[i].shape(), "scan").rank() != carries[i].rank())
      throw Error(ErrorKind::spec, fmt::format("scan: carry {} goes in as {} and comes out as {}", i, carries[i].shape().str(),
                                               i < result.carries.size() ? result.carries[i].shape().str() : "nothing"));
    inner->outputs.push_back(port(result.carries[i]));
  }
  for (const Value& v : result.outputs) inner->outputs.push_back(port(v));

  std::vector<Value> operands = carries;
  operands.insert(operands.end(), sequences.begin(), sequences.end());
  operands.insert(operands.end(), invariants.begin(), invariants.end());
  const Value node = graph.add("scan", operands, {{"body", std::shared_ptr<const Graph>(inner)},
                                                  {"carries", static_cast<std::int64_t>(carries.size())},
                                                  {"sequences", static_cast<std::int64_t>(sequences.size())},
                                                  {"length", Shape{sequences[0].dim(0)}},
                                                  {"reverse", std::int64_t{reverse}}});
  Scan scanned;
  for (std::size_t i = 0; i < carries.size(); ++i) scanned.carries.push_back(output_of(node, static_cast<int>(i)));
  for (std::size_t i = 0; i < result.outputs.size(); ++i)
    scanned.sequences.push_back(output_of(node, static_cast<int>(carries.size() + i)));
  return scanned;
}

}  // namespace strata
