#include "src/model/adapt.h"

#include <algorithm>
#include <set>

#include "src/model/batch.h"

namespace strata {
namespace {

// The value as the list of an argument.
Config list_of(const Tensor& t) {
  Config::List list;
  for (std::int64_t i = 0; i < t.elements(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (t.dtype() == DType::string) list.emplace_back(t.values<std::string>()[at]);
    else if (t.dtype() == DType::int64) list.emplace_back(t.values<std::int64_t>()[at]);
    else list.emplace_back(t.at(i));
  }
  return list;
}

}  // namespace

void adapt_layers(ModelState& state, const Arrays& x, bool only_new) {
  for (const LayerGraph::Entry& e : state.graph.layers()) {
    if (!e.layer) continue;
    if (!only_new)
      for (const std::string& argument : std::set<std::string>(state.learned[e.name])) state.learn(e.layer, argument, {});
    const std::unique_ptr<Adaptation> adaptation = e.layer.adaptation();
    if (!adaptation) continue;
    // States may have come with weights; an argument that is not there has not.
    const std::string path = state.prefix.empty() ? e.name : state.prefix + "/" + e.name;
    const auto& variables = state.store->list();
    const bool has_states = std::any_of(variables.begin(), variables.end(), [&](const Variable& v) { return v.path.rfind(path + "/", 0) == 0; });
    if (only_new && has_states && state.adapted.count(e.name)) continue;
    // What enters the layer: the model cut off there, with everything before it adapted already.
    const LayerOutput& enters = e.call->inputs[0];
    const auto columns = named_columns(state, Dataset{x, {}, {}});
    auto trace = std::make_unique<Trace>(false);
    trace->enter(*state.store, state.run.seed);
    Scope scope(*trace, state.prefix, true, state.policy.variable, state.policy.compute);
    const std::vector<TensorType> types = state.graph.input_types();
    std::vector<Value> inputs;
    for (std::size_t i = 0; i < types.size(); ++i)
      inputs.push_back(trace->column("x:" + state.graph.name(*state.graph.inputs()[i].call()), state.policy.entry(types[i].dtype), types[i].shape));
    const Value value = state.graph.trace_until(scope, inputs, enters)[0];
    const std::string column = trace->column_of(value);
    if (column.empty()) trace->graph.outputs.push_back(port(value));
    trace->finish();
    CompiledStep step(std::move(trace), {"enters"}, state.backend());
    const auto worker = step.take();
    constexpr std::int64_t batch_size = 1024;
    const std::int64_t rows = columns.begin()->second.dim(0);
    for (std::int64_t first = 0; first < rows; first += batch_size) {
      std::map<std::string, Tensor> batch;
      for (const auto& [name, t] : columns) batch[name] = t.rows(first, std::min(rows, first + batch_size));
      batch = on_host(step.trace(), std::move(batch), true);
      if (!column.empty()) {
        adaptation->observe(batch.at(column).astype(value.dtype()));
        continue;
      }
      Run& run = worker->run_for(step.bind(batch));
      for (std::size_t i = 0; i < run.plan().inputs.size(); ++i)
        run.set_input(i, batch.at(run.plan().inputs[i].name).astype(run.plan().inputs[i].type.dtype));
      run();
      adaptation->observe(run.output(0));
    }
    for (const auto& [name, learned] : adaptation->finish())
      if (const auto id = state.store->find(path + "/" + name)) state.store->write(*id, learned);
      else state.learn(e.layer, name, list_of(learned));
    state.adapted.insert(e.name);
  }
}

}  // namespace strata
