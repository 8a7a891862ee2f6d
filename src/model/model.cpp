#include <algorithm>

#include <fmt/format.h>

#include <strata/error.h>
#include <strata/model.h>
#include "src/model/adapt.h"
#include "src/model/fit.h"
#include "src/model/model_state.h"

namespace strata {
namespace {

std::shared_ptr<ModelState> make_state(std::vector<LayerOutput> inputs, std::vector<LayerOutput> outputs, ModelOptions options, RunOptions run) {
  return std::make_shared<ModelState>(LayerGraph(std::move(inputs), std::move(outputs), std::move(options.output_names)), options.name.empty() ? "functional" : options.name, std::move(run));
}

// Rows that one model's inputs agree on.
std::int64_t rows_of(const std::map<std::string, Tensor>& columns) { return columns.empty() ? 0 : columns.begin()->second.dim(0); }

}  // namespace

Model::Model(std::vector<LayerOutput> inputs, std::vector<LayerOutput> outputs, ModelOptions options, RunOptions run)
    : state_(make_state(std::move(inputs), std::move(outputs), std::move(options), std::move(run))) {}

void Model::compile(CompileArguments arguments) {
  ModelState& s = *state_;
  s.take(std::move(arguments));
  s.forget_steps();
  s.read_trainable();
}

History Model::fit(Dataset data, FitArguments arguments) {
  Fit fit(*this, std::move(data), std::move(arguments));
  return fit.run();
}

Logs Model::evaluate(const Dataset& data, EvaluateArguments arguments) {
  Dataset rows = data;
  if (!arguments.sample_weight.empty()) rows.sample_weight = arguments.sample_weight;
  return evaluate_rows(*state_, rows, arguments.batch_size, arguments.progress);
}

Logs Model::train_on_batch(const Dataset& batch) {
  ModelState& s = *state_;
  CompiledStep& step = s.train_step(batch_types(s, batch, false));
  const auto worker = step.take();
  const auto columns = step.on_host(named_columns(s, batch));
  Run& run = worker->load(columns);  // which places the variables
  ModelState::reset(s.train_metrics);
  run();
  return read_logs(step, run);
}

Logs Model::test_on_batch(const Dataset& batch) { return evaluate_rows(*state_, batch, std::max<std::int64_t>(batch.rows(), 1)); }

namespace {

void predict_columns(ModelState& state, const std::map<std::string, Tensor>& columns, const std::function<void(const Arrays&)>& sink,
                     const PredictArguments& arguments) {
  if (arguments.batch_size < 1) throw Error(ErrorKind::spec, fmt::format("batch_size must be at least 1, received {}", arguments.batch_size));
  const std::int64_t rows = rows_of(columns);
  if (rows == 0) throw Error(ErrorKind::data, "there are no rows to predict");
  CompiledStep& step = state.predict_step();
  const auto worker = step.take();
  for (std::int64_t first = 0; first < rows; first += arguments.batch_size) {
    std::map<std::string, Tensor> batch;
    for (const auto& [name, t] : columns) batch.emplace(name, t.rows(first, std::min(rows, first + arguments.batch_size)));
    Run& run = worker->load(step.on_host(std::move(batch)));
    run();
    Arrays outputs;
    for (std::size_t i = 0; i < step.outputs().size(); ++i) outputs.add(step.outputs()[i], run.output(i));
    sink(outputs);
    if (arguments.progress) arguments.progress(std::min(rows, first + arguments.batch_size), rows);
  }
}

}  // namespace

void Model::predict(const Arrays& x, const std::function<void(const Arrays&)>& sink, PredictArguments arguments) const {
  predict_columns(*state_, named_columns(*state_, Dataset{x, {}, {}}), sink, arguments);
}

Arrays Model::predict(const Arrays& x, PredictArguments arguments) const {
  const auto columns = named_columns(*state_, Dataset{x, {}, {}});
  const std::int64_t rows = rows_of(columns);
  std::vector<std::pair<std::string, Tensor>> whole;
  std::int64_t at = 0;
  predict_columns(*state_, columns, [&](const Arrays& outputs) {
    const std::int64_t n = outputs.columns()[0].second.dim(0);
    if (n == rows) {  // one batch
      whole = outputs.columns();
      return;
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto& [name, t] = outputs.columns()[i];
      if (at == 0) {
        std::vector<std::int64_t> shape = t.shape();
        shape[0] = rows;
        whole.emplace_back(name, Tensor(t.dtype(), shape));
      }
      Tensor part = whole[i].second.rows(at, at + n);
      std::copy_n(static_cast<const std::byte*>(t.data()), t.bytes(), static_cast<std::byte*>(part.data()));
    }
    at += n;
  }, arguments);
  return Arrays(std::move(whole));
}

void Model::adapt(const Arrays& x) { adapt_layers(*state_, x, false); }

const std::string& Model::name() const { return state_->name; }

std::vector<std::string> Model::input_names() const {
  std::vector<std::string> names;
  for (const LayerOutput& in : state_->graph.inputs()) names.push_back(state_->graph.name(*in.call()));
  return names;
}

std::vector<std::string> Model::output_names() const { return state_->graph.output_names(); }

std::vector<std::string> Model::layer_names() const {
  std::vector<std::string> names;
  for (const LayerGraph::Entry& e : state_->graph.layers()) names.push_back(e.name);
  return names;
}

Layer Model::layer(const std::string& name) const {
  for (const LayerGraph::Entry& e : state_->graph.layers())
    if (e.name == name && e.layer) return e.layer;
  throw Error(ErrorKind::spec, fmt::format("the model has no layer '{}'; it has {}", name, fmt::join(layer_names(), ", ")));
}

void Model::set_trainable(const std::string& name, bool trainable) {
  Layer found = layer(name);
  found.type().schema.set(found.object(), *found.type().schema.find("trainable"), trainable);
}

Summary Model::summary() const {
  const ModelState& s = *state_;
  Summary summary;
  summary.model_name = s.name;
  summary.model_class = s.sequential ? "Sequential" : "Functional";
  const auto count = [](const Variable& v) { return v.type.elements(); };
  for (const LayerGraph::Entry& e : s.graph.layers()) {
    SummaryRow row{e.name, e.layer ? e.layer.name() : "InputLayer", {}, 0, !e.layer || e.layer.trainable(), {}};
    const std::string path = s.prefix.empty() ? e.name : s.prefix + "/" + e.name;
    if (e.layer) row.output_shapes = s.output_shapes.at(e.name);
    else {
      std::vector<Dim> dims{e.call->input->batch_size ? Dim(*e.call->input->batch_size) : Dim::symbol("batch")};
      for (const Dim& d : e.call->input->shape) dims.push_back(d == Dim(-1) ? Dim::symbol("open") : d);
      row.output_shapes = {Shape(std::move(dims))};
    }
    for (const std::int64_t id : s.own_variables())
      if (s.store->at(id).path.rfind(path + "/", 0) == 0) row.params += count(s.store->at(id));
    for (const LayerOutput& in : e.call->inputs) row.inputs.push_back(s.graph.name(*in.call()));
    for (const auto& [key, in] : e.call->named) row.inputs.push_back(s.graph.name(*in.call()));
    summary.layers.push_back(std::move(row));
  }
  for (const std::int64_t id : s.own_variables()) {
    const Variable& v = s.store->at(id);
    summary.total_params += count(v);
    (v.kind == VariableKind::weight && v.trainable ? summary.trainable_params : summary.non_trainable_params) += count(v);
  }
  return summary;
}

MemoryPlan Model::memory(std::int64_t batch_size) {
  ModelState& s = *state_;
  if (!s.compiled) throw Error(ErrorKind::spec, "the memory of training depends on the optimizer: the model is not compiled", "call compile, or give the spec a compile: section");
  AssumedBatch batch = assumed_batch(s, batch_size, true);
  CompiledStep& step = s.train_step(batch.types);
  step.assume_host_columns(batch.shapes, batch_size);
  const auto plan = step.plan(step.bind(batch.shapes));
  const auto bytes = [](const Variables& v) { return static_cast<std::int64_t>(v.bytes()); };
  return {bytes(*s.store), bytes(s.optimizer->variables) + bytes(s.train_metrics), static_cast<std::int64_t>(plan->arena_bytes + plan->kept_bytes),
          static_cast<std::int64_t>(plan->live_bytes + plan->kept_bytes)};
}

std::map<std::string, Tensor> Model::weights() const {
  std::map<std::string, Tensor> values;
  for (const std::int64_t id : state_->own_variables()) values[state_->own_path(state_->store->at(id).path)] = state_->store->read(id);
  return values;
}

void Model::set_weights(const std::map<std::string, Tensor>& weights) {
  ModelState& s = *state_;
  for (const auto& [path, value] : weights) {
    const auto id = s.store->find(s.prefix.empty() ? path : s.prefix + "/" + path);
    if (!id) throw Error(ErrorKind::data, fmt::format("the model has no weight '{}'", path));
    s.store->write(*id, value);
  }
  s.mark_adapted();
}

std::int64_t Model::weight_count() const { return summary().total_params; }

void Model::reset_states() {
  // The states that prediction advances are those of stateful layers.
  ModelState& s = *state_;
  const Trace& trace = s.predict_step().trace();
  for (const auto& [number, port] : trace.graph.updates) trace.reset(number);
}

Layer Model::as_layer() const {
  if (const auto object = state_->layer_object.lock()) return Layer(component_type<Layer, Nested>(), object);
  auto object = std::make_shared<Nested>(Nested{state_, state_->name, true, {}});
  state_->layer_object = object;
  return Layer(component_type<Layer, Nested>(), object);
}

// --- Sequential ------------------------------------------------------------------------------------------------------------

Model& Sequential::model() {
  if (model_) return *model_;
  if (!input_) throw Error(ErrorKind::spec, "the model does not know its input's shape", "begin with Input(shape)");
  LayerOutput x = *input_;
  for (const Layer& layer : layers_) x = x | layer;
  if (options_.name.empty()) options_.name = "sequential";
  model_ = std::make_shared<Model>(*input_, x, options_);
  model_->state().sequential = true;
  return *model_;
}

// --- Layer -----------------------------------------------------------------------------------------------------------------

std::string Layer::given_name() const {
  const Config c = argument("name");
  return c.as<std::string>() ? *c.as<std::string>() : std::string();
}

bool Layer::trainable() const {
  const Config c = argument("trainable");
  return !c.as<bool>() || *c.as<bool>();
}

const std::vector<double>& History::operator[](const std::string& name) const {
  for (const auto& [key, values] : history)
    if (key == name) return values;
  throw Error(ErrorKind::runtime, fmt::format("the history has no '{}'", name));
}

}  // namespace strata
