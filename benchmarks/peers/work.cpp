#include "benchmarks/peers/work.h"

#include <algorithm>
#include <map>
#include <set>

#include "src/compile/backends.h"
#include "src/compile/passes.h"

namespace strata::peers {
namespace {

double elements(const TensorType& t) { return static_cast<double>(t.shape.elements().value()); }
double bytes(const TensorType& t) { return elements(t) * static_cast<double>(size_of(t.dtype)); }
double size(const TensorType& t, int axis) { return static_cast<double>(t.shape[axis].value()); }

class Count {
 public:
  Count(const Graph& graph) : graph_(graph) {
    for (const OpNode& n : graph.nodes())
      for (const Port& p : n.inputs) read_.insert(p);
    for (const Port& p : graph.outputs) read_.insert(p);
    for (const auto& [id, p] : graph.updates) read_.insert(p);
  }

  // 0: no product.
  double flop(std::int32_t id) const {
    const OpNode& n = graph_.node(id);
    const auto in = [&](std::size_t i) -> const TensorType& { return graph_.type(n.inputs[i]); };
    const std::string_view op = n.op->name;
    const TensorType& out = n.outputs[0];
    if (op == "matmul") return 2 * elements(out) * size(in(0), n.attributes.flag("transpose_a") ? -2 : -1);
    // Every element of y takes the kernel's elements of one filter; the two gradients do the same products.
    if (op == "convolution") return 2 * elements(out) * elements(in(1)) / size(in(1), -1);
    if (op == "convolution_input_gradient") return 2 * elements(in(0)) * elements(in(1)) / size(in(1), -1);
    if (op == "convolution_kernel_gradient") return 2 * elements(in(1)) * elements(out) / size(out, -1);
    if (op == "lstm") return recurrent(in(0), in(4), true, true);
    if (op == "lstm_gradient") return recurrent(in(0), in(4), is_read(id, 0), true) + recurrent(in(0), in(4), is_read(id, 3), is_read(id, 4));
    if (op == "attention") return attended(n);
    if (op == "attention_gradient") return 2 * attended(n);  // of q, k, v and the weights; not the scores once more
    return 0;
  }

  double passes(const OpNode& n) const {
    const std::string_view op = n.op->name;
    return op == "batch_norm" ? 3 : op == "batch_norm_gradient" ? 5 : op == "layer_norm" ? 2 : op == "layer_norm_gradient" ? 3 : 0;
  }

  double moved(std::int32_t id) const {
    const OpNode& n = graph_.node(id);
    double sum = 0;
    for (const Port& p : n.inputs) sum += bytes(graph_.type(p));
    for (std::size_t i = 0; i < n.outputs.size(); ++i)
      if (is_read(id, static_cast<std::int32_t>(i))) sum += bytes(n.outputs[i]);
    return sum;
  }

 private:
  bool is_read(std::int32_t node, std::int32_t output) const { return read_.count({node, output}) > 0; }

  // x (T, N, D), recurrent kernel (H, 4H).
  static double recurrent(const TensorType& x, const TensorType& kernel, bool of_input, bool of_state) {
    return 2 * size(x, 0) * size(x, 1) * ((of_input ? size(x, 2) : 0) + (of_state ? size(kernel, 0) : 0)) * size(kernel, 1);
  }

  // q (..., T, N, H), k (..., S, N, H), v (..., S, N, V): scores and their product with v, of the pairs that are seen.
  double attended(const OpNode& n) const {
    const TensorType &q = graph_.type(n.inputs[0]), &v = graph_.type(n.inputs[2]);
    const double steps = size(q, -3), keys = size(v, -3), pairs = n.attributes.flag("causal") ? steps * (keys + 1) / 2 : steps * keys;
    return 2 * elements(q) / (steps * size(q, -1)) * pairs * (size(q, -1) + size(v, -1));
  }

  const Graph& graph_;
  std::set<Port> read_;
};

}  // namespace

std::vector<Task> unavoidable(const Graph& graph, double gradient_bytes) {
  const Count count(graph);
  std::vector<Task> tasks;
  std::map<std::int64_t, double> variables;
  for (std::int32_t id = 0; id < static_cast<std::int32_t>(graph.nodes().size()); ++id) {
    const OpNode& n = graph.node(id);
    if (n.op->name == "variable") variables[n.attributes.integer("id")] = bytes(n.outputs[0]);
    if (const double flop = count.flop(id)) tasks.push_back({flop, count.moved(id)});
    else if (const double passes = count.passes(n)) tasks.push_back({0, passes * bytes(graph.type(n.inputs[0]))});
  }
  double update = gradient_bytes;
  for (const auto& [id, value] : graph.updates) update += bytes(graph.type(value)) + variables[id];
  if (update > 0) tasks.push_back({0, update});
  return tasks;
}

Work work_of(ModelState& model, std::int64_t batch) {
  AssumedBatch assumed = assumed_batch(model, batch, false);
  const bool trains = model.compiled.has_value();
  CompiledStep& step = trains ? model.train_step(assumed.types) : model.predict_step();
  step.assume_host_columns(assumed.shapes, batch);
  const Bindings bindings = step.bind(assumed.shapes);
  const auto plan = step.plan(bindings);
  double gradients = 0, variables = static_cast<double>(model.store->bytes());
  for (const std::int64_t id : model.own_variables())
    if (trains && model.store->at(id).trainable) gradients += static_cast<double>(model.store->at(id).type.bytes());
  if (trains) variables += static_cast<double>(model.optimizer->variables.bytes());
  const Graph graph = simplify(specialize(step.trace().graph, bindings), {}, reference_backend());
  return {unavoidable(graph, gradients), variables + static_cast<double>(plan->live_bytes)};
}

double floor_of(const std::vector<Task>& tasks, double flop_per_second, double bytes_per_second) {
  double seconds = 0;
  for (const Task& t : tasks) seconds += std::max(t.flop / flop_per_second, t.bytes / bytes_per_second);
  return seconds;
}

}  // namespace strata::peers
