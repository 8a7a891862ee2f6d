#include "src/model/model_state.h"

#include <fmt/format.h>

#include <strata/error.h>
#include "src/model/training_graph.h"
#include "src/train/optimizers/loss_scale_optimizer.h"

namespace strata {
namespace {

std::string join(const std::string& path, const std::string& name) { return path.empty() || name.empty() ? path + name : path + "/" + name; }

}  // namespace

ModelState::ModelState(LayerGraph layer_graph, std::string model_name, RunOptions options)
    : graph(std::move(layer_graph)), name(std::move(model_name)), run(std::move(options)), policy(DTypePolicy::named(run.dtype)) {
  adopt_inner_models();
  // The first trace makes the weights, in the order of the layers, and finds what does not fit.
  Trace trace(false);
  trace.enter(*store, run.seed);
  trace.observer = [&](const std::string& path, const Layer&, const std::vector<Value>& outputs) {
    auto& shapes = output_shapes[path];
    shapes.clear();
    for (const Value& v : outputs) shapes.push_back(v.shape());
  };
  Scope scope(trace, prefix, true, policy.variable, policy.compute);
  std::vector<Value> inputs;
  for (const TensorType& t : graph.input_types()) inputs.push_back(trace.column(fmt::format("{}", inputs.size()), t.dtype, t.shape));
  graph.trace(scope, inputs);
}

// --- inner models ------------------------------------------------------------------------------------------------------

void ModelState::adopt_inner_models() {
  for (const LayerGraph::Entry& e : graph.layers()) {
    if (!e.layer) continue;
    const Nested* nested = e.layer.as<Nested>();
    if (!nested) continue;
    if (!nested->model->prefix.empty())
      throw Error(ErrorKind::spec, fmt::format("the model '{}' is a layer of another model already", nested->model->name),
                  "build a second one and copy its weights");
    nested->model->move_into(store, join(prefix, e.name));
    inner.push_back(nested->model);
  }
}

void ModelState::move_into(const std::shared_ptr<Variables>& outer, const std::string& path) {
  const std::shared_ptr<Variables> old = store;
  if (old != outer)
    for (std::size_t i = 0; i < old->list().size(); ++i) {
      Variable v = old->list()[i];
      if (v.kind == VariableKind::counter) continue;
      v.value = old->read(static_cast<std::int64_t>(i));
      v.path = join(path, v.path);
      if (!outer->find(v.path)) outer->add(std::move(v));
    }
  const std::function<void(ModelState&)> follow = [&](ModelState& m) {
    m.store = outer;
    m.prefix = join(path, m.prefix);
    m.forget_steps();
    for (const auto& weak : m.inner)
      if (const auto state = weak.lock()) follow(*state);
  };
  follow(*this);
}

std::vector<std::int64_t> ModelState::own_variables() const {
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < store->list().size(); ++i) {
    const Variable& v = store->list()[i];
    if (v.kind != VariableKind::weight && v.kind != VariableKind::state) continue;
    if (prefix.empty() || v.path.rfind(prefix + "/", 0) == 0) ids.push_back(static_cast<std::int64_t>(i));
  }
  return ids;
}

std::string ModelState::own_path(const std::string& path) const { return prefix.empty() ? path : path.substr(prefix.size() + 1); }

// --- steps -------------------------------------------------------------------------------------------------------------

std::shared_ptr<Backend> open_backend(const RunOptions& run) {
  return open_backend(run.backend, {.threads = run.threads, .reproducible = run.reproducible, .tensor_float32 = run.tensor_float32});
}

std::shared_ptr<Backend> ModelState::backend() {
  const std::lock_guard lock(mutex_);
  if (!backend_) backend_ = open_backend(run);
  return backend_;
}

void ModelState::take(CompileArguments arguments) {
  optimizer = std::make_shared<OptimizerState>();
  optimizer->optimizer = arguments.optimizer;
  if (run.dtype == "mixed_float16" && arguments.auto_scale_loss && !arguments.optimizer.wraps())
    optimizer->optimizer = LossScaleOptimizer{.inner_optimizer = arguments.optimizer};
  compiled = std::move(arguments);
}

void ModelState::forget_steps() {
  predict_.reset();
  train_.clear();
  test_.clear();
}

void ModelState::learn(Layer layer, const std::string& argument, const Config& value) {
  const Schema& schema = layer.type().schema;
  const Field* field = schema.find(argument);
  if (!field) throw Error(ErrorKind::data, fmt::format("{} has no argument '{}' to take from data", layer.name(), argument));
  schema.set(layer.object(), *field, value);
  for (const LayerGraph::Entry& e : graph.layers())
    if (e.layer && e.layer.same_as(layer)) learned[e.name].insert(argument);
  forget_steps();
}

void ModelState::mark_adapted() {
  for (const LayerGraph::Entry& e : graph.layers()) adapted.insert(e.name);
  for (const auto& weak : inner)
    if (const auto state = weak.lock()) state->mark_adapted();
}

bool ModelState::read_trainable() {
  std::vector<bool> before, after;
  for (const Variable& v : store->list()) before.push_back(v.trainable);
  Trace trace(false);
  trace.reads_trainable = true;
  trace.enter(*store, run.seed);
  Scope scope(trace, prefix, true, policy.variable, policy.compute);
  std::vector<Value> inputs;
  for (const TensorType& t : graph.input_types()) inputs.push_back(trace.column(fmt::format("{}", inputs.size()), t.dtype, t.shape));
  graph.trace(scope, inputs);
  for (const Variable& v : store->list()) after.push_back(v.trainable);
  if (before != after || !store->placed()) store->place(backend());
  return before != after;
}

void ModelState::reset(Variables& metrics) {
  for (std::size_t i = 0; i < metrics.list().size(); ++i) {
    const Variable& v = metrics.list()[i];
    metrics.write(static_cast<std::int64_t>(i), Tensor(v.type.dtype, v.type.dims));
  }
}

CompiledStep& ModelState::predict_step() {
  const std::shared_ptr<Backend> where = backend();
  const std::lock_guard lock(mutex_);
  if (predict_) return *predict_;
  auto trace = std::make_unique<Trace>(false);
  trace->enter(*store, run.seed);
  Scope scope(*trace, prefix, true, policy.variable, policy.compute);
  std::vector<Value> inputs;
  const std::vector<TensorType> types = graph.input_types();
  for (std::size_t i = 0; i < types.size(); ++i)
    inputs.push_back(trace->column("x:" + graph.name(*graph.inputs()[i].call()), policy.entry(types[i].dtype), types[i].shape));
  const std::vector<Value> outputs = graph.trace(scope, inputs);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    trace->graph.outputs.push_back(port(is_floating(outputs[i].dtype()) ? cast(outputs[i], policy.variable) : outputs[i]));
    names.push_back(graph.output_names()[i]);
  }
  trace->finish();
  predict_ = std::make_unique<CompiledStep>(std::move(trace), std::move(names), where, choices);
  return *predict_;
}

CompiledStep& ModelState::train_step(const BatchTypes& types) {
  auto& step = train_[types];
  if (!step) step = build(types, true);
  return *step;
}

CompiledStep& ModelState::test_step(const BatchTypes& types) {
  auto& step = test_[types];
  if (!step) step = build(types, false);
  return *step;
}

std::unique_ptr<CompiledStep> ModelState::build(const BatchTypes& types, bool training) {
  TrainingGraph graph = training_graph(*this, types, training, training && !backend()->uses_host_memory());
  return std::make_unique<CompiledStep>(std::move(graph.trace), std::move(graph.logs), backend(), choices);
}

}  // namespace strata
