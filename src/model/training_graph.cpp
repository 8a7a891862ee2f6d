#include "src/model/training_graph.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/train/metric.h"

namespace strata {
namespace {

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

const BatchColumn* column_of(const std::vector<BatchColumn>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const BatchColumn& c) { return c.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

constexpr const char* watched_value = "value";   // the running loss, as it was first not finite
constexpr const char* watched_steps = "finite";  // steps after which it was finite

class Writer {
 public:
  Writer(ModelState& model, const BatchTypes& types, bool training, bool watched)
      : model_(model), compiled_(*model.compiled), types_(types), training_(training), watched_(watched), trace_(std::make_unique<Trace>(training)),
        running_(training ? model.train_metrics : model.test_metrics) {}

  TrainingGraph write() {
    trace_->enter(*model_.store, model_.run.seed);
    call_layers();
    for (Output& o : outputs_) meet_target(o);
    const Value total = total_loss();
    report_metrics(total);
    if (training_) update(total);
    trace_->finish();
    return {std::move(trace_), std::move(logs_)};
  }

 private:
  struct Output {
    std::string name;
    std::size_t index;
    Value prediction, mask;
    const Loss* loss_of;
    Value y, weight, loss;  // none where the data or compile give none
  };

  Value column(const std::string& name, DType dtype, const Shape& row) {
    return trace_->column(name, dtype, Shape{Dim::symbol("batch")} + row);
  }

  // --- inputs and layers -----------------------------------------------------------------------------------------------
  void call_layers() {
    const LayerGraph& graph = model_.graph;
    Scope scope(*trace_, model_.prefix, true, model_.policy.variable, model_.policy.compute);
    if (types_.resident) trace_->order = trace_->graph.input("order", {DType::int64, Shape{Dim::symbol("batch")}});
    const std::vector<TensorType> declared = graph.input_types();
    std::vector<Value> inputs;
    for (std::size_t i = 0; i < declared.size(); ++i) {
      const std::string input = graph.name(*graph.inputs()[i].call());
      const Shape& shape = declared[i].shape;
      Value x = column("x:" + input, column_of(types_.x, input)->dtype, shape.slice(1, shape.rank()));
      if (shape[0].is_known()) {  // a stateful model's batch is a number
        std::vector<Dim> dims = x.shape().dims();
        dims[0] = shape[0];
        x = reshape(x, Shape(dims));
      }
      inputs.push_back(cast(x, model_.policy.entry(declared[i].dtype)));
      trace_->same_column(inputs.back(), x);
    }
    const std::vector<Value> predictions = graph.trace(scope, inputs);

    const std::vector<std::string>& names = graph.output_names();
    check_names(compiled_.loss, names, "loss");
    check_names(compiled_.loss_weights, names, "loss_weights");
    check_names(compiled_.metrics, names, "metrics");
    check_names(compiled_.weighted_metrics, names, "weighted_metrics");
    for (std::size_t i = 0; i < predictions.size(); ++i)
      outputs_.push_back({names[i], i, predictions[i], trace_->mask(predictions[i]),
                          entry(compiled_.loss, i, names[i], predictions.size(), "loss"), {}, {}, {}});
  }

  // What is wrong inside a loss or metric is said of it.
  template <class Work>
  Value named(const char* kind, const std::string& class_name, const Output& o, Work work) {
    const std::string whole = fmt::format("the {} {}", kind, class_name);
    try {
      return work();
    } catch (const Error& e) {
      const std::string what = e.what();
      if (e.kind() != ErrorKind::spec || what.rfind(whole, 0) == 0) throw;
      throw Error(e.kind(), fmt::format("{} cannot compare the targets {} of the output '{}' with its predictions {}: {}", whole, o.y.shape().str(), o.name,
                                        o.prediction.shape().str(), what), e.hint().empty() ? "make the output as wide as its targets" : e.hint());
    }
  }

  // --- losses ----------------------------------------------------------------------------------------------------------
  void meet_target(Output& o) {
    const DType variable = model_.policy.variable;
    if (is_floating(o.prediction.dtype())) o.prediction = cast(o.prediction, variable);
    const BatchColumn* target = column_of(types_.y, o.name);
    if (!target) {
      if (o.loss_of && *o.loss_of) throw Error(ErrorKind::data, fmt::format("the output '{}' has a loss, the data has no target for it", o.name), "give the data its y or target");
      return;
    }
    std::vector<Dim> row(target->row.begin(), target->row.end());
    for (std::size_t k = 0; k < row.size(); ++k) {  // an open axis of the prediction is open in its target
      const int axis = static_cast<int>(k) + 1;
      if (axis < o.prediction.rank() && !o.prediction.dim(axis).is_known()) row[k] = o.prediction.dim(axis);
    }
    o.y = column("y:" + o.name, target->dtype, Shape(row));
    if (is_floating(o.y.dtype())) o.y = cast(o.y, variable);
    if (const BatchColumn* weight = column_of(types_.sample_weight, o.name))
      o.weight = cast(column("weight:" + o.name, weight->dtype, Shape::of(weight->row)), variable);
    if (!o.loss_of || !*o.loss_of) return;
    trace_->graph.place = "loss";
    o.loss = named("loss", o.loss_of->name(), o, [&] { return (*o.loss_of)(o.y, o.prediction, o.weight, o.mask); });
    const double* factor = entry(compiled_.loss_weights, o.index, o.name, outputs_.size(), "loss_weights");
    losses_.push_back(factor ? o.loss * *factor : o.loss);
    trace_->graph.place.clear();
  }

  // The outputs' losses, what layers added, the penalties of weights.
  Value total_loss() {
    trace_->graph.place = "loss";
    for (const Value& v : trace_->losses) losses_.push_back(cast(v, model_.policy.variable));
    for (const std::int64_t id : model_.own_variables())
      if (const Variable& v = model_.store->at(id); v.regularizer && v.trainable) losses_.push_back(v.regularizer(trace_->read(*model_.store, id)));
    if (losses_.empty()) throw Error(ErrorKind::spec, "there is no loss to make small: compile gave none and no layer adds one", "give compile a loss");
    Value total = losses_[0];
    for (std::size_t i = 1; i < losses_.size(); ++i) total = total + losses_[i];
    return total;
  }

  // --- metrics: running values over the batches of an epoch ------------------------------------------------------------
  void report_metrics(Value total) {
    trace_->graph.place = "metrics";
    const std::vector<Trace::Metric> of_layers = trace_->metrics;
    trace_->enter(running_, model_.run.seed);
    const Value rows = count(outputs_[0].prediction, Axes{0}, model_.policy.variable);
    const Value loss = report_mean("loss", total, rows);
    if (watched_) watch(loss);
    if (outputs_.size() > 1)
      for (const Output& o : outputs_)
        if (o.loss) report_mean(o.name + "_loss", o.loss, rows);
    report_compiled(compiled_.metrics, false, "metrics");
    report_compiled(compiled_.weighted_metrics, true, "weighted_metrics");
    for (const Trace::Metric& m : of_layers) {
      Scope s = metric_scope(m.path.empty() ? m.name : m.path + "/" + m.name);
      report(m.name, running_mean(s, m.value, {}));
    }
    trace_->graph.place.clear();
  }

  void report_compiled(const PerOutput<MetricList>& given, bool weighted, const char* what) {
    for (const Output& o : outputs_) {
      const MetricList* list = entry(given, o.index, o.name, outputs_.size(), what);
      if (!list || !o.y) continue;
      for (const MetricChoice& choice : *list) {
        const Metric metric = choice.metric() ? choice.metric() : resolve_metric(choice.name(), o.y.shape(), o.prediction.shape(), o.loss_of);
        const std::string plain = choice.metric() ? metric.log_name() : choice.name();
        const std::string log = unique(outputs_.size() > 1 ? o.name + "_" + plain : plain);
        Value weight = weighted ? o.weight : Value();
        if (o.mask) weight = weight ? weight * cast(o.mask, model_.policy.variable) : cast(o.mask, model_.policy.variable);
        Scope s = metric_scope(log);
        report(log, named("metric", metric.name(), o, [&] { return metric(s, o.y, o.prediction, weight); }));
      }
    }
  }

  Scope metric_scope(const std::string& path) { return Scope(*trace_, path, false, model_.policy.variable, model_.policy.variable, true); }
  Value report_mean(const std::string& log, Value v, Value rows) {
    Scope s = metric_scope(log);
    const Value mean = running_mean(s, v, rows);
    report(log, mean);
    return mean;
  }
  // A running mean that is not finite stays so to the end of the epoch.
  void watch(Value loss) {
    trace_->enter(model_.watched_loss, model_.run.seed);
    Scope s = metric_scope("");
    const Value last = s.state(watched_value, Shape{}, "zeros", loss.dtype()), steps = s.state(watched_steps, Shape{}, "zeros", DType::int64);
    s.update(watched_value, select(is_finite(last), loss, last));
    s.update(watched_steps, steps + cast(is_finite(loss), DType::int64));
    trace_->enter(running_, model_.run.seed);
  }
  // A value of several elements is a log for each: "f1_score[0]".
  void report(const std::string& log, Value v) {
    const std::int64_t elements = v.rank() == 0 ? 1 : v.dim(0).value();
    for (std::int64_t i = 0; i < elements; ++i) {
      logs_.push_back(v.rank() == 0 ? log : fmt::format("{}[{}]", log, i));
      trace_->graph.outputs.push_back(port(v.rank() == 0 ? v : take(v, 0, i)));
    }
  }
  // A second metric of one name is name_1, as Keras names the second of a class.
  std::string unique(const std::string& log) {
    const int n = metrics_[log]++;
    return n == 0 ? log : fmt::format("{}_{}", log, n);
  }

  // --- gradients and update --------------------------------------------------------------------------------------------
  void update(Value total) {
    trace_->enter(*model_.store, model_.run.seed);
    const std::vector<Trainable> weights = trainable_weights(*model_.store, model_.prefix);
    if (weights.empty()) model_.warnings.push_back("nothing in the model is trainable");
    const Value skipped = minimize(*trace_, total, weights, *model_.optimizer, model_.run.skip_nonfinite_updates);
    if (!skipped) return;
    trace_->enter(running_, model_.run.seed);
    Scope s = metric_scope("skipped_updates");
    const Value so_far = s.state("count", Shape{});
    s.update("count", so_far + cast(skipped, so_far.dtype()));
    report("skipped_updates", so_far + cast(skipped, so_far.dtype()));
  }

  ModelState& model_;
  const CompileArguments& compiled_;
  const BatchTypes& types_;
  const bool training_, watched_;
  std::unique_ptr<Trace> trace_;
  Variables& running_;
  std::vector<Output> outputs_;
  std::vector<Value> losses_;
  std::vector<std::string> logs_;
  std::map<std::string, int> metrics_;  // of each name
};

}  // namespace

TrainingGraph training_graph(ModelState& model, const BatchTypes& types, bool training, bool watched) {
  if (!model.compiled) throw Error(ErrorKind::spec, "the model is not compiled: it has no optimizer and no loss", "call compile, or give the spec a compile: section");
  return Writer(model, types, training, watched).write();
}

std::optional<LossNotFinite> first_loss_not_finite(ModelState& model) {
  const Variables& watched = model.watched_loss;
  const auto value = watched.find(watched_value), steps = watched.find(watched_steps);
  if (!value || !steps) return std::nullopt;
  const double loss = watched.read(*value).at(0);
  if (std::isfinite(loss)) return std::nullopt;
  return LossNotFinite{loss, static_cast<std::int64_t>(watched.read(*steps).at(0))};
}

}  // namespace strata
