#include "src/model/update.h"

#include <set>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/graph/gradient.h"

namespace strata {
namespace {

constexpr const char* step_counter = loss_scale_variables[2];
constexpr const char* dynamic_scale = loss_scale_variables[3];

// The optimizer's arguments that are not the rule's: those of the one inside, where one wraps another.
struct Options {
  std::optional<double> clipnorm, clipvalue, global_clipnorm, loss_scale_factor;
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency, gradient_accumulation_steps;

  explicit Options(const Optimizer& optimizer) {
    const auto number = [&](const char* name) -> std::optional<double> {
      const Config c = optimizer.argument(name);
      return c.is_number() ? std::optional(c.number()) : std::nullopt;
    };
    const auto integer = [&](const char* name) -> std::optional<std::int64_t> {
      const Config c = optimizer.argument(name);
      return c.as<std::int64_t>() ? std::optional(*c.as<std::int64_t>()) : std::nullopt;
    };
    clipnorm = number("clipnorm");
    clipvalue = number("clipvalue");
    global_clipnorm = number("global_clipnorm");
    if (clipnorm.has_value() + clipvalue.has_value() + global_clipnorm.has_value() > 1)
      throw Error(ErrorKind::spec, fmt::format("the optimizer {} takes one of clipnorm, clipvalue and global_clipnorm, received several", optimizer.name()),
                  "keep one of them");
    loss_scale_factor = number("loss_scale_factor");
    ema_momentum = number("ema_momentum").value_or(0.99);
    const Config use = optimizer.argument("use_ema");
    use_ema = use.as<bool>() && *use.as<bool>();
    ema_overwrite_frequency = integer("ema_overwrite_frequency");
    gradient_accumulation_steps = integer("gradient_accumulation_steps");
  }
};

// Where a weight's slots are found: "kernel/momentum" of "dense", "generator/dense/kernel" among several models.
std::string slots_path(const Trainable& weights, std::int64_t id) {
  const std::string& path = weights.store->at(id).path;
  return weights.name.empty() ? path : weights.name + "/" + path;
}

// A weight as the rule sees it: a vector of all weights of a dtype, or one weight.
struct Piece {
  const Trainable* of;
  std::optional<std::int64_t> id;  // none: all of them
};

std::string path_of(const Piece& piece) { return piece.id ? piece.of->store->at(*piece.id).path : ""; }

std::int64_t slot_variable(OptimizerState& state, const std::string& slot, const std::string& path, const ArrayType& type,
                           const std::function<Tensor()>& initial) {
  const std::string full = path + "/" + slot;
  if (const auto known = state.variables.find(full)) return *known;
  Variable v{full, type, VariableKind::slot, false, initial()};
  v.slot = slot;
  return state.variables.add(std::move(v));
}

// A slot's first value; none stands for zeros.
Tensor filled(const ArrayType& type, double value) {
  if (value == 0) return {};
  Tensor t(type.dtype, type.dims);
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, value);
  return t;
}

std::int64_t counter(OptimizerState& state, const std::string& path, Tensor initial) {
  if (const auto known = state.variables.find(path)) return *known;
  Variable v{path, {initial.dtype(), initial.shape()}, VariableKind::counter, false, initial};
  return state.variables.add(std::move(v));
}

Value norm_of(const std::vector<Value>& gradients) {
  Value total;
  for (const Value& g : gradients) total = total ? total + sum(square(g)) : sum(square(g));
  return sqrt(total);
}

class Update {
 public:
  Update(Trace& trace, const std::vector<Trainable>& weights, OptimizerState& state)
      : trace_(trace), weights_(weights), state_(state), rule_(state.optimizer.rule()), options_(rule_) {}

  Value run(Value loss, bool skip_nonfinite);

  // --- what UpdateScope needs ---
  Value read(const Piece& piece) {
    return piece.id ? trace_.read(*piece.of->store, *piece.id) : trace_.read_section(*piece.of->store, "trainable", piece.of->dtype);
  }
  void write(const Piece& piece, Value v) {
    if (piece.id) trace_.write(*piece.of->store, *piece.id, v);
    else trace_.write_section(*piece.of->store, "trainable", piece.of->dtype, v);
  }
  // Slots of all weights are made, whichever of them is asked for, so that they lie in the order of the weights.
  // No number: they begin as the weights.
  Value read_slot(const Piece& piece, const std::string& slot, std::optional<double> initial) {
    std::optional<std::int64_t> id;
    for (const std::int64_t w : piece.of->ids) {
      const ArrayType type{piece.of->dtype, piece.of->store->at(w).type.dims};
      const std::int64_t s = slot_variable(state_, slot, slots_path(*piece.of, w), type,
                                           [&] { return initial ? filled(type, *initial) : piece.of->store->read(w); });
      if (piece.id == w) id = s;
    }
    return id ? trace_.read(state_.variables, *id) : trace_.read_section(state_.variables, "slot " + slot, piece.of->dtype);
  }
  Value read_slot(const Piece& piece, const std::string& slot, const Shape& shape, double initial) {
    if (!piece.id) throw Error(ErrorKind::runtime, fmt::format("the slot '{}' has its own shape: the optimizer is not elementwise", slot));
    const ArrayType type{piece.of->dtype, shape.values()};
    const std::int64_t id = slot_variable(state_, slot, slots_path(*piece.of, *piece.id), type, [&] { return filled(type, initial); });
    return trace_.read(state_.variables, id);
  }
  void write_slot(const Piece& piece, const std::string& slot, Value v) {
    if (piece.id) trace_.write(state_.variables, *state_.variables.find(slots_path(*piece.of, *piece.id) + "/" + slot), v);
    else trace_.write_section(state_.variables, "slot " + slot, piece.of->dtype, v);
  }
  // As of before the step, whichever weight asks: the last one to be asked sees what the first one saw.
  Value read_scalar(const std::string& name, double initial, DType dtype) {
    Value& known = scalars_[name];
    if (!known) {
      Tensor t(dtype, {});
      t.set(0, initial);
      known = trace_.read(state_.variables, counter(state_, name, t));
    }
    return cast(known, dtype);
  }
  void write_scalar(const std::string& name, Value v) {
    trace_.write(state_.variables, *state_.variables.find(name), cast(v, scalars_.at(name).dtype()));
  }
  Value learning_rate(DType dtype) { return cast(rate_, dtype); }
  Value updates_so_far(DType dtype) { return cast(iterations_, dtype); }
  // Under accumulation, what a step without update leaves as it was.
  Value kept_unless_update(Value old_value, Value new_value) {
    return is_update_ ? select(is_update_, new_value, old_value) : new_value;
  }

 private:
  bool as_vectors() const;
  void prepare_counters(DType dtype);
  Value loss_scale(DType dtype);
  void move_loss_scale(Value scale, Value finite);

  Trace& trace_;
  const std::vector<Trainable>& weights_;
  OptimizerState& state_;
  Optimizer rule_;
  Options options_;
  Value rate_, iterations_, is_update_;
  std::map<std::string, Value> scalars_;
};

class Rule final : public UpdateScope {
 public:
  Rule(Update& update, const Piece& piece) : update_(update), piece_(piece) {}
  Value slot(std::string_view name, double initial) override { return old_[std::string(name)] = update_.read_slot(piece_, std::string(name), initial); }
  Value slot(std::string_view name, const Shape& shape, double initial) override {
    return old_[std::string(name)] = update_.read_slot(piece_, std::string(name), shape, initial);
  }
  Value slot_like_weight(std::string_view name) override {
    return old_[std::string(name)] = update_.read_slot(piece_, std::string(name), std::nullopt);
  }
  void set_slot(std::string_view name, Value v) override {
    update_.write_slot(piece_, std::string(name), update_.kept_unless_update(old_.at(std::string(name)), v));
  }
  Value scalar(std::string_view name, double initial) override {
    return old_scalars_[std::string(name)] = update_.read_scalar(std::string(name), initial, piece_.of->dtype);
  }
  void set_scalar(std::string_view name, Value v) override {
    update_.write_scalar(std::string(name), update_.kept_unless_update(old_scalars_.at(std::string(name)), v));
  }
  Value learning_rate() override { return update_.learning_rate(piece_.of->dtype); }
  Value step() override { return update_.updates_so_far(piece_.of->dtype) + 1; }
  std::string path() const override { return path_of(piece_); }

 private:
  Update& update_;
  Piece piece_;
  std::map<std::string, Value> old_, old_scalars_;
};

// All weights as one vector, where nothing in the update needs to know where one of them ends.
bool Update::as_vectors() const {
  if (!rule_.elementwise() || options_.clipnorm) return false;
  for (const Trainable& t : weights_) {
    if (t.ids.size() != t.store->section_ids("trainable", t.dtype).size()) return false;
    for (const std::int64_t id : t.ids)
      if (t.store->at(id).constraint) return false;
  }
  // Slots of several stores would meet in one section.
  return weights_.size() == 1 || std::all_of(weights_.begin(), weights_.end(), [&](const Trainable& t) { return t.store == weights_[0].store; });
}

void Update::prepare_counters(DType dtype) {
  const std::int64_t iteration = counter(state_, "iteration", Tensor::scalar<std::int64_t>(0));
  const Value count = trace_.read(state_.variables, iteration);
  trace_.write(state_.variables, iteration, count + 1);
  iterations_ = count;
  if (const auto steps = options_.gradient_accumulation_steps) {
    is_update_ = equal(mod(count + 1, *steps), 0);
    iterations_ = floor_divide(count, *steps);
  }
  LearningRate rate(0);
  rate.assign(rule_.argument("learning_rate"));
  if (rate.is_number()) {
    Tensor initial(dtype == DType::float64 ? DType::float64 : DType::float32, {});
    initial.set(0, rate.number());
    rate_ = trace_.read(state_.variables, counter(state_, "learning_rate", initial));
  } else {
    rate_ = rate.schedule()(cast(count, dtype == DType::float64 ? DType::float64 : DType::float32));
  }
}

// A number; with dynamic scaling a variable, beside it the number of updates since it moved. None where the loss is not scaled.
Value Update::loss_scale(DType dtype) {
  if (!state_.optimizer.wraps())
    return options_.loss_scale_factor ? trace_.graph.constant(dtype, *options_.loss_scale_factor) : Value();
  counter(state_, loss_scale_variables[0], Tensor::scalar<std::int64_t>(0));
  counter(state_, loss_scale_variables[1], Tensor::scalar<float>(0));
  counter(state_, step_counter, Tensor::scalar<std::int64_t>(0));
  const auto initial = static_cast<float>(state_.optimizer.argument("initial_scale").number());
  return trace_.read(state_.variables, counter(state_, dynamic_scale, Tensor::scalar<float>(initial)));
}

// Doubled after so many updates in a row, halved where there was none.
void Update::move_loss_scale(Value scale, Value finite) {
  Variables& store = state_.variables;
  const std::int64_t counted = *store.find(step_counter);
  const Value count = trace_.read(store, counted);
  const Value grows = equal(count, *state_.optimizer.argument("dynamic_growth_steps").as<std::int64_t>() - 1);
  trace_.write(store, counted, select(logical_and(finite, logical_not(grows)), count + 1, 0));
  trace_.write(store, *store.find(dynamic_scale), select(finite, select(grows, scale * 2, scale), scale * 0.5));
}

Value Update::run(Value loss, bool skip_nonfinite) {
  const std::set<std::int64_t> written_before = trace_.written();
  const std::string place = std::exchange(trace_.graph.place, "optimizer");
  prepare_counters(weights_.empty() ? DType::float32 : weights_[0].dtype);

  std::vector<Value> variables;
  std::vector<Piece> pieces;
  const bool vectors = as_vectors();
  for (const Trainable& t : weights_) {
    for (const std::int64_t id : t.ids) {
      if (trace_.updated(*t.store, id))
        throw Error(ErrorKind::spec, fmt::format("the weight '{}' is updated twice in one step", t.store->at(id).path),
                    "add the losses up for one minimize, or take two steps");
      variables.push_back(trace_.read(*t.store, id));
    }
    if (vectors) pieces.push_back({&t, std::nullopt});
    else for (const std::int64_t id : t.ids) pieces.push_back({&t, id});
  }
  const Value scale = loss_scale(loss.dtype());
  const std::vector<Value> each = strata::gradients(std::vector<Value>{scale ? loss * scale : loss}, variables);
  std::vector<Value> gradients;
  if (vectors) {
    std::size_t at = 0;
    for (const Trainable& t : weights_) {
      gradients.push_back(trace_.graph.add("pack", {each.begin() + static_cast<std::ptrdiff_t>(at), each.begin() + static_cast<std::ptrdiff_t>(at + t.ids.size())}));
      at += t.ids.size();
    }
  } else {
    gradients = each;
  }
  if (scale)
    for (Value& g : gradients) g = cast(g / scale, g.dtype());

  const bool scales = state_.optimizer.wraps() && !gradients.empty(), skips = skip_nonfinite && !gradients.empty();
  Value finite;  // all gradients are
  if (scales || skips) {
    Value zero;  // 0 * g is 0 where g is finite, NaN where it is not
    for (const Value& g : gradients) zero = zero ? zero + sum(g * 0) : sum(g * 0);
    finite = is_finite(zero);
  }

  if (is_update_)
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const Value accumulated = read_slot(pieces[i], "gradient_accumulator", 0);
      const Value sum = gradients[i] + accumulated;
      write_slot(pieces[i], "gradient_accumulator", select(is_update_, 0, sum));
      gradients[i] = sum / static_cast<double>(*options_.gradient_accumulation_steps);
    }

  if (options_.clipnorm) {
    for (Value& g : gradients) g = g * *options_.clipnorm / maximum(norm_of({g}), *options_.clipnorm);
  } else if (options_.global_clipnorm) {
    const Value norm = norm_of(gradients);
    const double limit = *options_.global_clipnorm;
    // A norm that is not finite makes every gradient NaN, so that it is seen.
    const Value factor = limit * minimum(1 / norm, 1 / limit) + (norm - norm);
    for (Value& g : gradients) g = g * cast(factor, g.dtype());
  } else if (options_.clipvalue) {
    for (Value& g : gradients) g = clip(g, -*options_.clipvalue, *options_.clipvalue);
  }

  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Value before = read(pieces[i]);
    Value w = before;
    if (const auto decay = rule_.decay_of(path_of(pieces[i]), w.shape())) w = w - w * (learning_rate(w.dtype()) * *decay);
    Rule rule(*this, pieces[i]);
    w = kept_unless_update(before, rule_.update(rule, w, gradients[i]));
    if (options_.use_ema) {
      const Value average = read_slot(pieces[i], "average", 0);
      const Value momentum = cast(not_equal(iterations_, 0), w.dtype()) * options_.ema_momentum;
      const Value next = momentum * average + (1 - momentum) * w;
      write_slot(pieces[i], "average", next);
      if (const auto every = options_.ema_overwrite_frequency) w = select(equal(mod(iterations_ + 1, *every), 0), next, w);
    }
    if (pieces[i].id)
      if (const Constraint& constraint = pieces[i].of->store->at(*pieces[i].id).constraint) w = constraint(w);
    write(pieces[i], w);
  }
  if (scales) {  // all that this update writes, its count too; layers' states go on
    trace_.keep_unless(finite, [&](std::int64_t number, VariableKind) { return !written_before.count(number); });
    move_loss_scale(scale, finite);
  }
  Value skipped;
  if (skips) {
    const Value good = logical_and(finite, is_finite(loss));
    trace_.keep_unless(good, [](std::int64_t, VariableKind kind) { return kind != VariableKind::counter && kind != VariableKind::metric; });
    skipped = logical_not(good);
  }
  trace_.graph.place = place;
  return skipped;
}

}  // namespace

std::vector<Trainable> trainable_weights(Variables& store, const std::string& prefix) {
  std::vector<Trainable> found;
  for (const DType dtype : {DType::float32, DType::float64, DType::bfloat16, DType::float16}) {
    std::vector<std::int64_t> ids = store.section_ids("trainable", dtype);
    if (!prefix.empty()) std::erase_if(ids, [&](std::int64_t id) { return store.at(id).path.rfind(prefix + "/", 0) != 0; });
    if (!ids.empty()) found.push_back({&store, dtype, std::move(ids)});
  }
  return found;
}

Value minimize(Trace& trace, Value loss, const std::vector<Trainable>& weights, OptimizerState& state, bool skip_nonfinite) {
  return Update(trace, weights, state).run(loss, skip_nonfinite);
}

void finish_averages(Variables& store, OptimizerState& state) {
  const Options options(state.optimizer.rule());
  if (!options.use_ema) return;
  for (const Trainable& t : trainable_weights(store))
    for (const std::int64_t id : t.ids)
      if (const auto average = state.variables.find(store.at(id).path + "/average")) store.write(id, state.variables.read(*average));
}

double learning_rate(OptimizerState& state) {
  const auto id = state.variables.find("learning_rate");
  if (id) return state.variables.read(*id).at(0);
  LearningRate rate(0);
  rate.assign(state.optimizer.rule().argument("learning_rate"));
  if (rate.is_number()) return rate.number();
  const auto iteration = state.variables.find("iteration");
  return rate.schedule().at(iteration ? state.variables.read(*iteration).at(0) : 0);
}

void set_learning_rate(OptimizerState& state, double rate) {
  const auto id = state.variables.find("learning_rate");
  if (!id)
    throw Error(ErrorKind::spec, "the learning rate follows a schedule and cannot be set", "give the optimizer a number as learning_rate");
  Tensor t(state.variables.at(*id).type.dtype, {});
  t.set(0, rate);
  state.variables.write(*id, t);
}

}  // namespace strata
