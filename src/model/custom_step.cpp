#include <strata/step.h>

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/model/model_state.h"

namespace strata {

class StepState {
 public:
  StepState(std::function<void(StepScope&)> definition, RunOptions run)
      : definition_(std::move(definition)), run_(std::move(run)), policy_(DTypePolicy::named(run_.dtype)) {
    trace();
  }

  Logs operator()(const std::map<std::string, Tensor>& batch);
  // Every variable of the step itself, and every random stream of its models, under its name.
  void each_variable(const std::function<void(const std::string& name, Variables& store, std::int64_t id)>& visit);
  std::vector<std::pair<std::string, Model>> models() const;

  // --- what StepScope needs ---
  Value input(const std::string& name, const Shape& row, DType dtype);
  std::vector<Value> call(const Model& model, const std::vector<Value>& xs, bool training);
  std::vector<Value> losses(const ModelState& model);
  std::vector<Value> losses();
  const std::vector<Trace::Metric>& metrics() const { return trace_->metrics; }
  void minimize(Value loss, const std::vector<Model>& models, const Optimizer& optimizer, const std::string& name);
  void report(const std::string& name, Value scalar);
  Scope::Random random();

 private:
  void trace();
  bool outdated();
  void meet(const Model& model);
  bool called(const ModelState& model) const;
  std::vector<Trainable> weights_of(const std::vector<Model>& models);
  std::string free_name(const std::string& base) const;
  std::int64_t version() const;
  void refuse_unknown(const std::map<std::string, Tensor>& batch) const;

  std::function<void(StepScope&)> definition_;
  RunOptions run_;
  DTypePolicy policy_;
  Variables random_;
  std::vector<std::pair<std::string, std::shared_ptr<OptimizerState>>> optimizers_;

  // Of one trace:
  struct Used {
    Model model;
    std::shared_ptr<Variables> store;
    std::vector<Trainable> trainable;  // the graph holds their sections' sizes
  };
  struct Call {
    const ModelState* model;
    std::size_t first_loss, last_loss;
  };
  std::vector<Used> used_;
  std::vector<Call> calls_;
  std::vector<std::string> reported_;
  std::vector<Value> skipped_;
  std::shared_ptr<Backend> backend_;
  std::unique_ptr<Trace> trace_;  // while the definition runs

  std::unique_ptr<CompiledStep> step_;
  std::shared_ptr<CompiledStep::Worker> worker_;
  std::int64_t version_ = -1;
};

namespace {

// Each model under its name, which is given once.
std::vector<std::pair<std::string, Model>> named(const std::vector<Model>& models) {
  std::vector<std::pair<std::string, Model>> found;
  std::set<std::string> taken;
  for (const Model& model : models) {
    std::string name = model.name();
    for (int n = 1; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", model.name(), n);
    found.emplace_back(name, model);
  }
  return found;
}

}  // namespace

// --- the definition ----------------------------------------------------------------------------------------------------

void StepState::trace() {
  worker_.reset();
  step_.reset();
  used_.clear();
  calls_.clear();
  reported_.clear();
  skipped_.clear();
  backend_.reset();
  const auto known = std::exchange(optimizers_, {});

  trace_ = std::make_unique<Trace>(true);
  StepScope scope(*this);
  definition_(scope);
  if (!skipped_.empty()) {
    Value any = skipped_[0];
    for (std::size_t i = 1; i < skipped_.size(); ++i) any = logical_or(any, skipped_[i]);
    report("skipped_updates", any);
  }
  if (optimizers_.empty() && reported_.empty())
    throw Error(ErrorKind::spec, "the step does nothing: it minimizes no loss and reports no value",
                "call minimize or report");
  trace_->finish();
  if (!backend_) backend_ = open_backend(run_);
  step_ = std::make_unique<CompiledStep>(std::move(trace_), reported_, backend_);
  worker_ = step_->take();

  for (const auto& [name, state] : optimizers_)
    for (const auto& [old_name, old] : known) {
      if (old_name != name) continue;
      for (std::size_t i = 0; i < state->variables.list().size(); ++i) {
        const Variable& v = state->variables.list()[i];
        const auto id = old->variables.find(v.path);
        if (id && old->variables.at(*id).type == v.type)
          state->variables.write(static_cast<std::int64_t>(i), old->variables.read(*id));
      }
    }
  for (Used& u : used_) {
    u.store = u.model.state().store;
    u.trainable = trainable_weights(*u.store);
  }
  version_ = version();
}

Value StepState::input(const std::string& name, const Shape& row, DType dtype) {
  std::vector<Dim> dims{Dim::symbol("batch")};
  for (int i = 0; i < row.rank(); ++i)
    dims.push_back(row[i] == Dim(-1) ? Dim::symbol(fmt::format("{}.{}", name, i + 1)) : row[i]);
  for (const OpNode& n : trace_->graph.nodes())
    if (n.op->name == "input" && n.attributes.text("name") == name)
      throw Error(ErrorKind::spec, fmt::format("the step has two inputs named '{}'", name),
                  "give one of them another name");
  if (dtype == DType::string)
    throw Error(ErrorKind::spec, fmt::format("the step's input '{}' is of texts, which no device holds", name),
                "give the step what Model::predict of a model with TextVectorization makes of them");
  return trace_->graph.input(name, {policy_.entry(dtype), Shape(std::move(dims))});
}

void StepState::meet(const Model& model) {
  ModelState& m = model.state();
  if (called(m)) return;
  if (!m.compiled && m.prefix.empty()) m.read_trainable();
  const std::shared_ptr<Backend> backend = m.backend();
  if (!backend_ && run_.backend != "auto" && open_backend(run_) != backend)
    throw Error(ErrorKind::spec,
                fmt::format("the step is to run on '{}', its model '{}' runs on '{}' with options of its own",
                            run_.backend, m.name, m.run.backend),
                "give both the same backend, threads, reproducible and tensor_float32");
  if (backend_ && backend_ != backend)
    throw Error(
        ErrorKind::spec,
        fmt::format("the models '{}' and '{}' of one step run on different backends", used_[0].model.name(), m.name),
        "give both the same backend, threads, reproducible and tensor_float32");
  backend_ = backend;
  used_.push_back({model, {}, {}});
}

bool StepState::called(const ModelState& model) const {
  return std::any_of(used_.begin(), used_.end(), [&](const Used& u) { return &u.model.state() == &model; });
}

std::vector<Value> StepState::call(const Model& model, const std::vector<Value>& xs, bool training) {
  meet(model);
  ModelState& m = model.state();
  const std::vector<TensorType> types = m.graph.input_types();
  if (xs.size() != types.size())
    throw Error(ErrorKind::spec, fmt::format("the model '{}' takes {} input{}, {} are given", m.name, types.size(),
                                             types.size() == 1 ? "" : "s", xs.size()));
  const auto in_dtype = [&](Value v, DType dtype) {
    if (v.dtype() == dtype) return v;
    const Value converted = cast(v, dtype);
    trace_->set_mask(converted, trace_->mask(v));
    return converted;
  };
  std::vector<Value> inputs;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const Shape& wanted = types[i].shape;
    bool fits = xs[i].rank() == wanted.rank();
    for (int k = 0; fits && k < wanted.rank(); ++k)
      fits = !wanted[k].is_known() || !xs[i].dim(k).is_known() || wanted[k] == xs[i].dim(k);
    if (!fits)
      throw Error(ErrorKind::spec,
                  fmt::format("the input '{}' of the model '{}' takes the shape {}, received {}",
                              m.graph.name(*m.graph.inputs()[i].call()), m.name, wanted.str(), xs[i].shape().str()));
    inputs.push_back(in_dtype(xs[i], m.policy.entry(types[i].dtype)));
  }
  trace_->enter(*m.store, m.run.seed);
  Scope scope(*trace_, m.prefix, true, m.policy.variable, m.policy.compute);
  const std::size_t first_loss = trace_->losses.size();
  const bool mode = trace_->set_training(training);
  std::vector<Value> outputs = m.graph.trace(scope, inputs);
  trace_->set_training(mode);
  calls_.push_back({&m, first_loss, trace_->losses.size()});
  for (Value& y : outputs)
    if (is_floating(y.dtype())) y = in_dtype(y, m.policy.variable);
  return outputs;
}

std::vector<Value> StepState::losses(const ModelState& model) {
  std::vector<Value> found;
  for (const Call& c : calls_)
    if (c.model == &model)
      found.insert(found.end(), trace_->losses.begin() + static_cast<std::ptrdiff_t>(c.first_loss),
                   trace_->losses.begin() + static_cast<std::ptrdiff_t>(c.last_loss));
  for (const std::int64_t id : model.own_variables())
    if (const Variable& v = model.store->at(id); v.regularizer && v.trainable)
      found.push_back(v.regularizer(trace_->read(*model.store, id)));
  return found;
}

std::vector<Value> StepState::losses() {
  std::vector<Value> all;
  for (const Used& u : used_)
    for (const Value& v : losses(u.model.state())) all.push_back(v);
  return all;
}

// The trainable weights of the models, those of one store and dtype together, each once.
std::vector<Trainable> StepState::weights_of(const std::vector<Model>& models) {
  std::vector<Trainable> all;
  for (const auto& [name, model] : named(models)) {
    const ModelState& m = model.state();
    for (Trainable& t : trainable_weights(*m.store, m.prefix)) {
      const auto same = std::find_if(all.begin(), all.end(),
                                     [&](const Trainable& o) { return o.store == t.store && o.dtype == t.dtype; });
      if (same == all.end()) {
        t.name = name;
        all.push_back(std::move(t));
        continue;
      }
      std::set<std::int64_t> ids(same->ids.begin(), same->ids.end());
      ids.insert(t.ids.begin(), t.ids.end());
      same->ids = t.store->section_ids("trainable", t.dtype);  // in order of memory
      std::erase_if(same->ids, [&](std::int64_t id) { return !ids.count(id); });
    }
  }
  if (std::all_of(all.begin(), all.end(), [&](const Trainable& t) { return t.store == all[0].store; }))
    for (Trainable& t : all) t.name.clear();
  return all;
}

std::string StepState::free_name(const std::string& base) const {
  const auto taken = [&](const std::string& name) {
    return std::any_of(optimizers_.begin(), optimizers_.end(), [&](const auto& o) { return o.first == name; });
  };
  std::string name = base;
  for (int n = 1; taken(name); ++n) name = fmt::format("{}_{}", base, n);
  return name;
}

void StepState::minimize(Value loss, const std::vector<Model>& models, const Optimizer& optimizer,
                         const std::string& name) {
  if (!loss || loss.rank() != 0 || !is_floating(loss.dtype()))
    throw Error(ErrorKind::spec,
                fmt::format("minimize takes a scalar, received {}",
                            loss ? fmt::format("{} {}", name_of(loss.dtype()), loss.shape().str()) : "no value"),
                "take its mean or its sum");
  if (models.empty())
    throw Error(ErrorKind::spec, "minimize is given no model", "name the models whose weights it updates");
  for (const Model& m : models)
    if (!called(m.state()))
      throw Error(ErrorKind::spec,
                  fmt::format("the step minimizes a loss by the model '{}' and has not called it", m.name()),
                  "call it before, or leave it out of minimize");
  const std::vector<Trainable> weights = weights_of(models);
  if (weights.empty())
    throw Error(ErrorKind::spec, "nothing in the models that minimize is given is trainable", "unfreeze a layer");

  const Config own = optimizer.argument("name");
  const std::string* own_name = own.as<std::string>();
  auto state = std::make_shared<OptimizerState>();
  state->optimizer = optimizer;
  optimizers_.emplace_back(free_name(!name.empty()                    ? name
                                     : own_name && !own_name->empty() ? *own_name
                                                                      : snake_case(optimizer.name())),
                           state);
  if (const Value skipped = strata::minimize(*trace_, loss, weights, *state, run_.skip_nonfinite_updates))
    skipped_.push_back(skipped);
}

void StepState::report(const std::string& name, Value scalar) {
  if (!scalar || scalar.rank() != 0)
    throw Error(
        ErrorKind::spec,
        fmt::format("'{}' is reported as {}, a scalar is needed", name, scalar ? scalar.shape().str() : "no value"),
        "take its mean or its sum");
  if (std::find(reported_.begin(), reported_.end(), name) != reported_.end())
    throw Error(ErrorKind::spec, fmt::format("'{}' is reported twice", name), "give one of them another name");
  reported_.push_back(name);
  trace_->graph.outputs.push_back(port(scalar));
}

Scope::Random StepState::random() {
  trace_->enter(random_, run_.seed);
  return Scope(*trace_, "step", false, policy_.variable, policy_.compute).random();
}

// --- running -----------------------------------------------------------------------------------------------------------

std::int64_t StepState::version() const {
  std::int64_t sum = 0;
  for (const Used& u : used_) sum += u.store->version();
  return sum;
}

// Whether a model has moved into another one, or weights were frozen or unfrozen.
bool StepState::outdated() {
  const auto moved = [](const Used& u) { return u.model.state().store != u.store; };
  if (std::any_of(used_.begin(), used_.end(), moved)) return true;
  if (const std::int64_t now = version(); now != version_) {
    version_ = now;
    return std::any_of(used_.begin(), used_.end(),
                       [](const Used& u) { return trainable_weights(*u.store) != u.trainable; });
  }
  return false;
}

Logs StepState::operator()(const std::map<std::string, Tensor>& batch) {
  if (!step_ || outdated()) trace();
  refuse_unknown(batch);
  Run& run = worker_->load(batch);
  run();
  Logs logs;
  for (std::size_t i = 0; i < reported_.size(); ++i) logs.emplace_back(reported_[i], run.output(i).at(0));
  return logs;
}

void StepState::refuse_unknown(const std::map<std::string, Tensor>& batch) const {
  const std::vector<CompiledStep::Input>& inputs = step_->inputs();
  for (const auto& given : batch) {
    if (std::any_of(inputs.begin(), inputs.end(), [&](const auto& in) { return in.name == given.first; })) continue;
    std::vector<std::string> names;
    for (const CompiledStep::Input& in : inputs) names.push_back(in.name);
    throw Error(ErrorKind::data, fmt::format("the step has no input '{}'; it has {}", given.first, fmt::join(names, ", ")));
  }
}

void StepState::each_variable(const std::function<void(const std::string&, Variables&, std::int64_t)>& visit) {
  for (std::size_t i = 0; i < random_.list().size(); ++i)
    visit(random_.list()[i].path, random_, static_cast<std::int64_t>(i));
  for (const auto& [name, state] : optimizers_)
    for (std::size_t i = 0; i < state->variables.list().size(); ++i)
      visit(name + "/" + state->variables.list()[i].path, state->variables, static_cast<std::int64_t>(i));
  std::set<const Variables*> visited;  // a model and one inside it share a store
  for (const auto& [name, model] : models()) {
    Variables& store = *model.state().store;
    if (!visited.insert(&store).second) continue;
    for (std::size_t i = 0; i < store.list().size(); ++i)
      if (store.list()[i].kind == VariableKind::counter)
        visit(name + "/" + store.list()[i].path, store, static_cast<std::int64_t>(i));
  }
}

std::vector<std::pair<std::string, Model>> StepState::models() const {
  std::vector<Model> called;
  for (const Used& u : used_) called.push_back(u.model);
  return named(called);
}

// --- the public faces --------------------------------------------------------------------------------------------------

Value StepScope::input(const std::string& name, const Shape& row, DType dtype) {
  return state_.input(name, row, dtype);
}
Value StepScope::call(const Model& model, Value x, bool training) {
  const std::vector<Value> outputs = state_.call(model, {x}, training);
  if (outputs.size() != 1)
    throw Error(ErrorKind::spec,
                fmt::format("the model '{}' has {} outputs, one is asked for", model.name(), outputs.size()),
                "call it with a list of inputs");
  return outputs[0];
}
std::vector<Value> StepScope::call(const Model& model, const std::vector<Value>& xs, bool training) {
  return state_.call(model, xs, training);
}
std::vector<Value> StepScope::losses(const Model& model) { return state_.losses(model.state()); }
std::vector<Value> StepScope::losses() { return state_.losses(); }
std::vector<StepScope::Metric> StepScope::metrics() const {
  std::vector<Metric> found;
  for (const Trace::Metric& m : state_.metrics()) found.push_back({m.name, m.value});
  return found;
}
void StepScope::minimize(Value loss, const std::vector<Model>& models, const Optimizer& optimizer,
                         const std::string& name) {
  state_.minimize(loss, models, optimizer, name);
}
void StepScope::report(const std::string& name, Value scalar) { state_.report(name, scalar); }
Scope::Random StepScope::random() { return state_.random(); }

Step::Step(std::function<void(StepScope&)> definition, RunOptions run)
    : state_(std::make_shared<StepState>(std::move(definition), std::move(run))) {}

Logs Step::operator()(const std::map<std::string, Tensor>& batch) { return (*state_)(batch); }

std::vector<std::pair<std::string, Model>> Step::models() const { return state_->models(); }

std::map<std::string, Tensor> Step::state() const {
  std::map<std::string, Tensor> values;
  state_->each_variable(
      [&](const std::string& name, Variables& store, std::int64_t id) { values[name] = store.read(id); });
  return values;
}

void Step::set_state(const std::map<std::string, Tensor>& state) {
  std::map<std::string, std::pair<Variables*, std::int64_t>> own;
  state_->each_variable([&](const std::string& name, Variables& store, std::int64_t id) { own[name] = {&store, id}; });
  for (const auto& [name, value] : state)
    if (!own.count(name)) throw Error(ErrorKind::data, fmt::format("the step has no state '{}'", name));
  for (const auto& [name, value] : state) own.at(name).first->write(own.at(name).second, value);
}

}  // namespace strata
