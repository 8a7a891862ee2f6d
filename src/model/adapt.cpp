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

// One pass over a model and the models inside it, in the order of their layers.
class AdaptPass {
 public:
  AdaptPass(ModelState& outermost, const Arrays& x, bool only_new)
      : outermost_(outermost), columns_(named_columns(outermost, Dataset{x, {}, {}})), only_new_(only_new) {}

  void adapt(ModelState& state) {
    for (const LayerGraph::Entry& e : state.graph.layers()) {
      if (!e.layer) continue;
      if (const auto* nested = e.layer.as<Nested>()) {
        around_.push_back({&state, &e});
        adapt(*nested->model);
        around_.pop_back();
      } else {
        adapt(state, e);
      }
    }
  }

 private:
  struct Place { ModelState* state; const LayerGraph::Entry* inner; };

  void adapt(ModelState& state, const LayerGraph::Entry& e) {
    if (!only_new_)
      for (const std::string& argument : std::set<std::string>(state.learned[e.name])) state.learn(e.layer, argument, {});
    const std::unique_ptr<Adaptation> adaptation = e.layer.adaptation();
    if (!adaptation) return;
    // States may have come with weights; an argument that is not there has not.
    const std::string path = state.prefix.empty() ? e.name : state.prefix + "/" + e.name;
    const auto& variables = state.store->list();
    const bool has_states = std::any_of(variables.begin(), variables.end(), [&](const Variable& v) { return v.path.rfind(path + "/", 0) == 0; });
    if (only_new_ && has_states && state.adapted.count(e.name)) return;
    observe(*adaptation, state, e.call->inputs[0]);
    for (const auto& [name, learned] : adaptation->finish())
      if (const auto id = state.store->find(path + "/" + name)) state.store->write(*id, learned);
      else state.learn(e.layer, name, list_of(learned));
    state.adapted.insert(e.name);
    outermost_.forget_steps();
  }

  // What enters the layer: the model cut off there, with everything before it adapted already.
  void observe(Adaptation& adaptation, ModelState& state, const LayerOutput& enters) {
    auto trace = std::make_unique<Trace>(false);
    trace->enter(*outermost_.store, outermost_.run.seed);
    const Scope scope(*trace, outermost_.prefix, true, outermost_.policy.variable, outermost_.policy.compute);
    const std::vector<TensorType> types = outermost_.graph.input_types();
    std::vector<Value> inputs;
    for (std::size_t i = 0; i < types.size(); ++i)
      inputs.push_back(trace->column("x:" + outermost_.graph.name(*outermost_.graph.inputs()[i].call()), outermost_.policy.entry(types[i].dtype), types[i].shape));
    const Value value = traced(scope, inputs, 0, state, enters);
    const std::string column = trace->column_of(value);
    if (column.empty()) trace->graph.outputs.push_back(port(value));
    trace->finish();
    CompiledStep step(std::move(trace), {"enters"}, outermost_.backend());
    const auto worker = step.take();
    constexpr std::int64_t batch_size = 1024;
    const std::int64_t rows = columns_.begin()->second.dim(0);
    for (std::int64_t first = 0; first < rows; first += batch_size) {
      std::map<std::string, Tensor> batch;
      for (const auto& [name, t] : columns_) batch[name] = t.rows(first, std::min(rows, first + batch_size));
      batch = on_host(step.trace(), std::move(batch), true);
      if (!column.empty()) {
        adaptation.observe(batch.at(column).astype(value.dtype()));
        continue;
      }
      Run& run = worker->load(batch);
      run();
      adaptation.observe(run.output(0));
    }
  }

  // Through the models around, to the first call of the next one inside; from `depth` on.
  Value traced(Scope scope, const std::vector<Value>& inputs, std::size_t depth, const ModelState& state, const LayerOutput& enters) const {
    if (depth == around_.size()) return state.graph.trace_until(scope, inputs, {enters})[0];
    const Place& place = around_[depth];
    const std::vector<Value> inner = place.state->graph.trace_until(scope, inputs, place.inner->call->inputs);
    // The inner model's own scope, as its call would have it.
    const Layer& layer = place.inner->layer;
    const DTypePolicy policy = DTypePolicy::of(layer.dtype(), {scope.variable_dtype(), scope.compute_dtype()});
    const std::string path = scope.path().empty() ? place.inner->name : scope.path() + "/" + place.inner->name;
    return traced(Scope(scope.trace(), path, scope.trainable() && layer.trainable(), policy.variable, policy.compute), inner, depth + 1, state, enters);
  }

  ModelState& outermost_;
  std::map<std::string, Tensor> columns_;
  bool only_new_;
  std::vector<Place> around_;
};

}  // namespace

void adapt_layers(ModelState& state, const Arrays& x, bool only_new) { AdaptPass(state, x, only_new).adapt(state); }

}  // namespace strata
