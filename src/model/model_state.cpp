#include "src/model/model_state.h"

#include <tuple>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/train/metric.h"

namespace strata {
namespace {

std::string join(const std::string& path, const std::string& name) { return path.empty() || name.empty() ? path + name : path + "/" + name; }

// Entry i of what a user gave per output, or null.
template <class T>
const T* entry(const PerOutput<T>& given, std::size_t i, const std::string& output, std::size_t outputs, const char* what) {
  if (given.empty()) return nullptr;
  if (!given.by_name().empty()) {
    for (const auto& [name, value] : given.by_name())
      if (name == output) return &value;
    return nullptr;
  }
  if (given.single()) return &given.entries()[0];
  if (given.entries().size() != outputs)
    throw Error(ErrorKind::spec, fmt::format("{} has {} entries, the model has {} outputs", what, given.entries().size(), outputs),
                "give one entry for each output, or a map by output name");
  return &given.entries()[i];
}

template <class T>
void check_names(const PerOutput<T>& given, const std::vector<std::string>& outputs, const char* what) {
  for (const auto& [name, value] : given.by_name())
    if (std::find(outputs.begin(), outputs.end(), name) == outputs.end())
      throw Error(ErrorKind::spec, fmt::format("{} names the output '{}', the model's outputs are {}", what, name, fmt::join(outputs, ", ")));
}

}  // namespace

bool operator<(const BatchTypes& a, const BatchTypes& b) {
  const auto key = [](const BatchTypes& t) {
    std::vector<std::tuple<std::string, DType, std::vector<std::int64_t>>> rows;
    for (const auto* list : {&t.x, &t.y, &t.sample_weight}) {
      for (const BatchColumn& c : *list) rows.emplace_back(c.name, c.dtype, c.row);
      rows.emplace_back("", DType::float32, std::vector<std::int64_t>{});
    }
    return std::pair(t.resident, rows);
  };
  return key(a) < key(b);
}

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
  for (const TensorType& t : graph.input_types()) inputs.push_back(trace.graph.input(fmt::format("{}", inputs.size()), t));
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

std::shared_ptr<Backend> ModelState::backend() {
  const std::lock_guard lock(mutex_);
  if (!backend_) backend_ = open_backend(run.backend, {run.threads, run.reproducible});
  return backend_;
}

void ModelState::forget_steps() {
  predict_.reset();
  train_.clear();
  test_.clear();
}

bool ModelState::read_trainable() {
  std::vector<bool> before, after;
  for (const Variable& v : store->list()) before.push_back(v.trainable);
  Trace trace(false);
  trace.reads_trainable = true;
  trace.enter(*store, run.seed);
  Scope scope(trace, prefix, true, policy.variable, policy.compute);
  std::vector<Value> inputs;
  for (const TensorType& t : graph.input_types()) inputs.push_back(trace.graph.input(fmt::format("{}", inputs.size()), t));
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
    inputs.push_back(trace->graph.input("x:" + graph.name(*graph.inputs()[i].call()), {policy.entry(types[i].dtype), types[i].shape}));
  const std::vector<Value> outputs = graph.trace(scope, inputs);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    trace->graph.outputs.push_back(port(is_floating(outputs[i].dtype()) ? cast(outputs[i], policy.variable) : outputs[i]));
    names.push_back(graph.output_names()[i]);
  }
  trace->finish();
  predict_ = std::make_unique<CompiledStep>(std::move(trace), std::move(names), where);
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
  if (!compiled) throw Error(ErrorKind::spec, "the model is not compiled: it has no optimizer and no loss", "call compile, or give the spec a compile: section");
  auto trace = std::make_unique<Trace>(training);
  Trace& t = *trace;
  Graph& g = t.graph;
  t.enter(*store, run.seed);
  Scope scope(t, prefix, true, policy.variable, policy.compute);

  const std::vector<TensorType> declared = graph.input_types();
  const Value order = types.resident ? g.input("order", {DType::int64, Shape{Dim::symbol("batch")}}) : Value();
  const auto column = [&](const std::string& name, DType dtype, const Shape& row) {
    if (!types.resident) return g.input(name, {dtype, Shape{Dim::symbol("batch")} + row});
    return gather(g.input(name, {dtype, Shape{Dim::symbol("rows")} + row}), order);
  };

  std::vector<Value> inputs;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    const std::string input = graph.name(*graph.inputs()[i].call());
    const auto given = std::find_if(types.x.begin(), types.x.end(), [&](const BatchColumn& c) { return c.name == input; });
    const Shape& shape = declared[i].shape;
    Value x = column("x:" + input, given->dtype, shape.slice(1, shape.rank()));
    if (shape[0].is_known()) {  // a stateful model's batch is a number
      std::vector<Dim> dims = x.shape().dims();
      dims[0] = shape[0];
      x = reshape(x, Shape(dims));
    }
    inputs.push_back(cast(x, policy.entry(declared[i].dtype)));
  }
  std::vector<Value> predictions = graph.trace(scope, inputs);

  const std::size_t outputs = predictions.size();
  const std::vector<std::string>& output_names = graph.output_names();
  check_names(compiled->loss, output_names, "loss");
  check_names(compiled->loss_weights, output_names, "loss_weights");
  check_names(compiled->metrics, output_names, "metrics");
  check_names(compiled->weighted_metrics, output_names, "weighted_metrics");

  struct Output { std::string name; Value y, prediction, weight, mask, loss; const Loss* loss_of; };
  std::vector<Output> each;
  std::vector<Value> losses;
  for (std::size_t i = 0; i < outputs; ++i) {
    Output o{output_names[i], {}, predictions[i], {}, t.mask(predictions[i]), {}, entry(compiled->loss, i, output_names[i], outputs, "loss")};
    if (is_floating(o.prediction.dtype())) o.prediction = cast(o.prediction, policy.variable);
    const auto target = std::find_if(types.y.begin(), types.y.end(), [&](const BatchColumn& c) { return c.name == o.name; });
    if (target == types.y.end()) {
      if (o.loss_of && *o.loss_of) throw Error(ErrorKind::data, fmt::format("the output '{}' has a loss, the data has no target for it", o.name));
      each.push_back(o);
      continue;
    }
    std::vector<Dim> row(target->row.begin(), target->row.end());
    for (std::size_t k = 0; k < row.size(); ++k)  // an open axis of the prediction is open in its target
      if (static_cast<int>(k) + 1 < o.prediction.rank() && !o.prediction.dim(static_cast<int>(k) + 1).is_known()) row[k] = o.prediction.dim(static_cast<int>(k) + 1);
    o.y = column("y:" + o.name, target->dtype, Shape(row));
    if (is_floating(o.y.dtype())) o.y = cast(o.y, policy.variable);
    const auto weight = std::find_if(types.sample_weight.begin(), types.sample_weight.end(), [&](const BatchColumn& c) { return c.name == o.name; });
    if (weight != types.sample_weight.end())
      o.weight = cast(column("weight:" + o.name, weight->dtype, Shape::of(weight->row)), policy.variable);
    if (o.loss_of && *o.loss_of) {
      g.place = "loss";
      o.loss = (*o.loss_of)(o.y, o.prediction, o.weight, o.mask);
      const double* factor = entry(compiled->loss_weights, i, o.name, outputs, "loss_weights");
      losses.push_back(factor ? o.loss * *factor : o.loss);
      g.place.clear();
    }
    each.push_back(o);
  }

  g.place = "loss";
  for (const Value& v : t.losses) losses.push_back(cast(v, policy.variable));
  for (const std::int64_t id : own_variables())
    if (const Variable& v = store->at(id); v.regularizer && v.trainable) losses.push_back(v.regularizer(t.read(*store, id)));
  if (losses.empty()) throw Error(ErrorKind::spec, "there is no loss to make small: compile gave none and no layer adds one", "give compile a loss");
  Value total = losses[0];
  for (std::size_t i = 1; i < losses.size(); ++i) total = total + losses[i];
  g.place = "metrics";

  Variables& running = training ? train_metrics : test_metrics;
  const std::vector<Trace::Metric> layer_metrics = t.metrics;
  t.enter(running, run.seed);
  std::vector<std::string> names;
  const auto report = [&](const std::string& log, Value v) {
    const std::int64_t elements = v.rank() == 0 ? 1 : v.dim(0).value();
    for (std::int64_t i = 0; i < elements; ++i) {
      names.push_back(v.rank() == 0 ? log : fmt::format("{}[{}]", log, i));
      g.outputs.push_back(port(v.rank() == 0 ? v : take(v, 0, i)));
    }
  };
  const auto metric_scope = [&](const std::string& path) { return Scope(t, path, false, policy.variable, policy.variable, true); };
  const Value rows = count(each[0].prediction, Axes{0}, policy.variable);
  {
    Scope s = metric_scope("loss");
    report("loss", running_mean(s, total, rows));
  }
  if (outputs > 1)
    for (const Output& o : each)
      if (o.loss) {
        Scope s = metric_scope(o.name + "_loss");
        report(o.name + "_loss", running_mean(s, o.loss, rows));
      }
  // A second metric of one name is name_1, as Keras names the second of a class.
  std::map<std::string, int> used;
  const auto unique = [&](const std::string& log) {
    const int n = used[log]++;
    return n == 0 ? log : fmt::format("{}_{}", log, n);
  };
  const auto add_metrics = [&](const PerOutput<MetricList>& given, bool weighted, const char* what) {
    for (std::size_t i = 0; i < outputs; ++i) {
      const Output& o = each[i];
      const MetricList* list = entry(given, i, o.name, outputs, what);
      if (!list || !o.y) continue;
      for (const MetricChoice& choice : *list) {
        const Metric metric = choice.metric() ? choice.metric() : resolve_metric(choice.name(), o.y.shape(), o.prediction.shape(), o.loss_of);
        const std::string plain = choice.metric() ? metric.log_name() : choice.name();
        const std::string log = unique(outputs > 1 ? o.name + "_" + plain : plain);
        Value weight = weighted ? o.weight : Value();
        if (o.mask) weight = weight ? weight * cast(o.mask, policy.variable) : cast(o.mask, policy.variable);
        Scope s = metric_scope(log);
        report(log, metric(s, o.y, o.prediction, weight));
      }
    }
  };
  add_metrics(compiled->metrics, false, "metrics");
  add_metrics(compiled->weighted_metrics, true, "weighted_metrics");
  for (const Trace::Metric& m : layer_metrics) {
    Scope s = metric_scope(join(m.path, m.name));
    report(m.name, running_mean(s, m.value, {}));
  }
  g.place.clear();

  if (training) {
    t.enter(*store, run.seed);
    const std::vector<Trainable> weights = trainable_weights(*store, prefix);
    if (weights.empty()) warnings.push_back("nothing in the model is trainable");
    const Value skipped = minimize(t, total, weights, *optimizer, run.skip_nonfinite_updates);
    if (skipped) {
      t.enter(running, run.seed);
      Scope s = metric_scope("skipped_updates");
      const Value so_far = s.state("count", Shape{});
      s.update("count", so_far + cast(skipped, so_far.dtype()));
      report("skipped_updates", so_far + cast(skipped, so_far.dtype()));
    }
  }
  t.finish();
  return std::make_unique<CompiledStep>(std::move(trace), std::move(names), backend());
}

// --- data --------------------------------------------------------------------------------------------------------------

namespace {

// Columns under the names of the model's inputs or outputs; one column without a name takes the only place.
std::vector<std::pair<std::string, Tensor>> assigned(const Arrays& arrays, const std::vector<std::string>& places, const char* what, bool all) {
  std::vector<std::pair<std::string, Tensor>> result;
  if (arrays.size() == 1 && arrays.columns()[0].first.empty()) {
    if (places.size() != 1)
      throw Error(ErrorKind::data, fmt::format("the model has {} {}s ({}), one array without a name is given", places.size(), what, fmt::join(places, ", ")),
                  fmt::format("name each array after its {}", what));
    return {{places[0], arrays.columns()[0].second}};
  }
  for (const auto& [name, t] : arrays.columns())
    if (std::find(places.begin(), places.end(), name) == places.end())
      throw Error(ErrorKind::data, fmt::format("the model has no {} '{}'; it has {}", what, name, fmt::join(places, ", ")));
  for (const std::string& place : places) {
    const Tensor* t = arrays.find(place);
    if (t) result.emplace_back(place, *t);
    else if (all) throw Error(ErrorKind::data, fmt::format("no data for the {} '{}'", what, place));
  }
  return result;
}

std::vector<std::string> input_names(const ModelState& s) {
  std::vector<std::string> names;
  for (const LayerOutput& in : s.graph.inputs()) names.push_back(s.graph.name(*in.call()));
  return names;
}

// "the input 'x'", "the target 'out'", "the sample weight of 'out'" of "x:x", "y:out", "weight:out".
std::string described(const std::string& column) {
  const std::string name = column.substr(column.find(':') + 1);
  return fmt::format("{} '{}'", column[0] == 'x' ? "the input" : column[0] == 'y' ? "the target" : "the sample weight of", name);
}

// Rows agree, and inputs have the shapes that the model takes.
void check_columns(const ModelState& state, const std::map<std::string, Tensor>& columns) {
  const std::string* first = nullptr;
  for (const auto& [name, t] : columns) {
    if (t.rank() == 0) throw Error(ErrorKind::data, fmt::format("{} is a single number, an axis of rows is needed", described(name)));
    if (first && t.dim(0) != columns.at(*first).dim(0))
      throw Error(ErrorKind::data, fmt::format("{} has {} rows, {} has {}", described(name), t.dim(0), described(*first), columns.at(*first).dim(0)));
    if (!first) first = &name;
  }
  for (const LayerOutput& in : state.graph.inputs()) {
    const std::string name = "x:" + state.graph.name(*in.call());
    const Shape& row = in.call()->input->shape;
    const std::vector<std::int64_t>& dims = columns.at(name).shape();
    bool fits = static_cast<int>(dims.size()) == row.rank() + 1;
    for (int i = 0; fits && i < row.rank(); ++i) fits = row[i] == Dim(-1) || row[i] == Dim(dims[static_cast<std::size_t>(i) + 1]);
    if (fits) continue;
    std::vector<Dim> wanted{Dim::symbol("batch")};
    for (const Dim& d : row) wanted.push_back(d == Dim(-1) ? Dim::symbol("open") : d);
    throw Error(ErrorKind::data, fmt::format("{} takes the shape {}, received {}", described(name), Shape(std::move(wanted)).str(), Shape::of(dims).str()));
  }
}

}  // namespace

std::map<std::string, Tensor> named_columns(const ModelState& state, const Dataset& data) {
  std::map<std::string, Tensor> columns;
  for (auto& [name, t] : assigned(data.x, input_names(state), "input", true)) columns["x:" + name] = t;
  if (!data.y.empty())
    for (auto& [name, t] : assigned(data.y, state.graph.output_names(), "output", false)) columns["y:" + name] = t;
  if (!data.sample_weight.empty()) {
    const auto& outputs = state.graph.output_names();
    if (data.sample_weight.size() == 1 && data.sample_weight.columns()[0].first.empty())  // one weight per row serves every output
      for (const std::string& o : outputs) columns["weight:" + o] = data.sample_weight.columns()[0].second;
    else
      for (auto& [name, t] : assigned(data.sample_weight, outputs, "output", false)) columns["weight:" + name] = t;
  }
  check_columns(state, columns);
  return columns;
}

BatchTypes batch_types(const ModelState& state, const Dataset& data, bool resident) {
  BatchTypes types;
  types.resident = resident;
  for (const auto& [name, t] : named_columns(state, data)) {
    BatchColumn column{name.substr(name.find(':') + 1), t.dtype(), {t.shape().begin() + 1, t.shape().end()}};
    (name[0] == 'x' ? types.x : name[0] == 'y' ? types.y : types.sample_weight).push_back(std::move(column));
  }
  // An axis that the model leaves open is open in the graph as well: its number is no part of the type.
  for (std::size_t i = 0; i < state.graph.inputs().size(); ++i) {
    const InputType& input = *state.graph.inputs()[i].call()->input;
    for (BatchColumn& c : types.x)
      if (c.name == state.graph.name(*state.graph.inputs()[i].call())) {
        for (std::size_t k = 0; k < c.row.size() && static_cast<int>(k) < input.shape.rank(); ++k)
          if (input.shape[static_cast<int>(k)] == Dim(-1)) c.row[k] = -1;
      }
  }
  for (std::size_t i = 0; i < state.graph.outputs().size(); ++i) {
    const LayerOutput& o = state.graph.outputs()[i];
    const std::string name = state.graph.name(*o.call());
    const auto shapes = state.output_shapes.find(join(state.prefix, name));
    if (shapes == state.output_shapes.end()) continue;
    const Shape& shape = shapes->second[static_cast<std::size_t>(o.index())];
    for (auto* list : {&types.y, &types.sample_weight})
      for (BatchColumn& c : *list)
        if (c.name == state.graph.output_names()[i])
          for (std::size_t k = 0; k < c.row.size() && static_cast<int>(k) + 1 < shape.rank(); ++k)
            if (!shape[static_cast<int>(k) + 1].is_known()) c.row[k] = -1;
  }
  return types;
}

}  // namespace strata
