#include "src/model/trace.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <strata/error.h>

namespace strata {
namespace {

constexpr double gib = 1 << 30;
constexpr double max_weight_bytes = 1024 * gib;  // what is beyond is a mistake, and is said before anything is allocated

}  // namespace

DTypePolicy DTypePolicy::named(const std::string& name) {
  if (name == "mixed_bfloat16") return {DType::float32, DType::bfloat16};
  if (name == "mixed_float16") return {DType::float32, DType::float16};
  if (const auto t = dtype_named(name); t && is_floating(*t)) return {*t, *t};
  throw Error(ErrorKind::spec, fmt::format("unknown dtype policy '{}'", name),
              "use float32, float64, bfloat16, float16, mixed_bfloat16 or mixed_float16");
}

DTypePolicy DTypePolicy::of(const Config& dtype, const DTypePolicy& inherited) {
  if (dtype.is_null()) return inherited;
  if (dtype == Config("int32") || dtype == Config("int64")) return inherited;  // of a layer that gives integers
  if (const auto* name = dtype.as<std::string>()) return named(*name);
  const auto name_in = [](const Config::Mapping& m) -> const std::string* {
    for (const auto& [key, value] : m)
      if (key == "name") return value.as<std::string>();
    return nullptr;
  };
  const std::string* name = nullptr;
  if (const auto* object = dtype.as<ObjectConfig>()) name = name_in(object->arguments);
  if (const auto* mapping = dtype.as<Config::Mapping>())
    for (const auto& [key, value] : *mapping)
      if (key == "config")
        if (const auto* inner = value.as<Config::Mapping>()) name = name_in(*inner);
  if (!name) throw Error(ErrorKind::spec, fmt::format("expected the name of a dtype policy, received {}", dtype.str()));
  return named(*name);
}

void Trace::enter(Variables& variables, std::uint64_t seed) {
  current_ = &variables;
  seed_ = seed;
}

std::int64_t Trace::number(Variables& store, std::int64_t id) {
  const auto [found, fresh] = number_of_.try_emplace({&store, id}, static_cast<std::int64_t>(numbers_.size()));
  if (fresh) numbers_.push_back({&store, id, {}, {}});
  if (std::find(stores_.begin(), stores_.end(), &store) == stores_.end()) stores_.push_back(&store);
  return found->second;
}

Value Trace::read(Variables& store, std::int64_t id) {
  const std::int64_t n = number(store, id);
  Value& v = values_[n];
  if (!v) {
    const ArrayType& type = store.at(id).type;
    v = graph.variable(n, {type.dtype, Shape::of(type.dims)});
  }
  if (!updated(store, id)) return v;
  Value& after = read_after_update_[n];
  if (after) return after;
  const Value section = updated_section(store, id);
  if (!section) return after = stop_gradient(v);
  const ArrayType& type = store.at(id).type;
  std::int64_t first = 0;
  for (const std::int64_t before : store.section_ids("trainable", type.dtype)) {
    if (before == id) break;
    first += store.at(before).type.elements();
  }
  return after = stop_gradient(reshape(slice(section, 0, first, first + type.elements()), Shape::of(type.dims)));
}

Value Trace::updated_section(Variables& store, std::int64_t id) const {
  const Variable& v = store.at(id);
  const auto section = section_number_.find({&store, v.section(), v.type.dtype});
  return section != section_number_.end() && written_.count(section->second) ? values_.at(section->second) : Value();
}

bool Trace::updated(Variables& store, std::int64_t id) {
  return store.at(id).kind == VariableKind::weight && (written_.count(number(store, id)) || updated_section(store, id));
}

void Trace::write(Variables& store, std::int64_t id, Value value) {
  const std::int64_t n = number(store, id);
  values_[n] = value;
  written_.insert(n);
}

Value Trace::read_section(Variables& store, const std::string& section, DType dtype) {
  const auto [found, fresh] = section_number_.try_emplace({&store, section, dtype}, static_cast<std::int64_t>(numbers_.size()));
  if (fresh) {
    numbers_.push_back({&store, -1, section, dtype});
    if (std::find(stores_.begin(), stores_.end(), &store) == stores_.end()) stores_.push_back(&store);
  }
  const std::int64_t n = found->second;
  Value& v = values_[n];
  if (!v) v = graph.variable(n, {dtype, Shape{store.section_elements(section, dtype)}});
  return v;
}

void Trace::write_section(Variables& store, const std::string& section, DType dtype, Value value) {
  read_section(store, section, dtype);
  const std::int64_t n = section_number_.at({&store, section, dtype});
  values_[n] = value;
  written_.insert(n);
}

Value Trace::variable(const std::string& path, const TensorType& type, VariableKind kind, bool trainable, const WeightOptions& options) {
  if (!type.shape.is_known())
    throw Error(ErrorKind::spec, fmt::format("the shape {} of the weight '{}' has an open axis: weights need numbers", type.shape.str(), path),
                "give the input's axis a number");
  double bytes = size_of(type.dtype);
  for (const Dim& d : type.shape) bytes *= static_cast<double>(d.value());
  if (bytes > max_weight_bytes)
    throw Error(ErrorKind::spec, fmt::format("the weight '{}' {} takes {:.4g} GiB, above the limit of {:g} GiB for one weight", path, type.shape.str(), bytes / gib, max_weight_bytes / gib),
                "make one of its axes smaller");
  auto id = current_->find(path);
  if (!id) {
    const RandomStream random(seed_, path);
    Variable v{path, array_type(type), kind, trainable, {}, options.regularizer, options.constraint};
    v.value = options.initializer(v.type.dims, random).astype(type.dtype);
    id = current_->add(std::move(v));
  } else {
    Variable& v = current_->at(*id);
    if (v.type != array_type(type))
      throw Error(ErrorKind::spec, fmt::format("the weight '{}' was made as ({}), now it is called for as {}", path, fmt::join(v.type.dims, ", "), type.shape.str()),
                  "a shared layer's inputs must agree in every axis that its weights depend on");
    if (reads_trainable) v.trainable = trainable;
  }
  return read(*current_, *id);
}

void Trace::update(const std::string& path, Value value) {
  const auto id = current_->find(path);
  if (!id) throw Error(ErrorKind::spec, fmt::format("the state '{}' is updated before it was made", path));
  const Variable& v = current_->at(*id);
  if (array_type({value.dtype(), value.shape()}) != v.type)
    throw Error(ErrorKind::spec, fmt::format("the state '{}' is ({}), it cannot become {}", path, fmt::join(v.type.dims, ", "), value.shape().str()));
  write(*current_, *id, value);
}

Value Trace::random_state() {
  static constexpr const char* path = "random_state";
  auto id = current_->find(path);
  if (!id) {
    const Tensor seed_and_step = Tensor::of<std::int64_t>({2}, {static_cast<std::int64_t>(seed_), 0});
    id = current_->add(Variable{path, ArrayType{DType::int64, seed_and_step.shape()}, VariableKind::counter, false, seed_and_step});
  }
  // All draws of a step see the step's own number, so read the variable, not what it becomes.
  const std::int64_t n = number(*current_, *id);
  const auto known = values_.find(n);
  if (known != values_.end() && !written_.count(n)) return known->second;
  const Value state = graph.variable(n, {DType::int64, Shape{2}});
  if (!written_.count(n) && training_) {
    const Value next = state + constant(state, Tensor::of<std::int64_t>({2}, {0, 1}));
    write(*current_, *id, next);
  }
  return state;
}

std::uint64_t Trace::next_stream(const std::string& path) {
  return hash_of(fmt::format("{}#{}", path, calls_[path]++));
}

Value Trace::column(const std::string& name, DType dtype, const Shape& shape) {
  Value v;
  if (dtype == DType::string) {
    v = texts_->input(name, {dtype, shape});
  } else if (order) {
    v = gather(graph.input(name, {dtype, Shape{Dim::symbol("rows")} + shape.slice(1, shape.rank())}), order);
  } else {
    v = graph.input(name, {dtype, shape});
  }
  columns_[{&v.graph(), v.node()}] = name;
  return v;
}

std::string Trace::column_of(Value v) const {
  const auto found = columns_.find({&v.graph(), v.node()});
  return found == columns_.end() ? std::string() : found->second;
}

Value Trace::on_host(const std::string& path, Value x, DType dtype, const Shape& shape, HostFunction function) {
  const std::string input = column_of(x);
  if (input.empty())
    throw Error(ErrorKind::spec, "it runs on the host, on the rows of an input; here its input is computed by layers before it",
                "call it on an input of the model");
  const std::string output = fmt::format("host:{}#{}", path, host_calls_.size());
  std::vector<Dim> dims = shape.dims();
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (dims[i] == Dim(-1)) dims[i] = Dim::symbol(fmt::format("{}.{}", output, i));
  host_calls_.push_back({std::move(function), input, output});
  return column(output, dtype, Shape(std::move(dims)));
}

Value Trace::mask(Value v) const {
  if (&v.graph() != &graph) return {};
  const auto found = masks_.find({v.node(), v.output()});
  return found == masks_.end() ? Value() : found->second;
}

void Trace::set_mask(Value v, Value mask) {
  if (mask) masks_[{v.node(), v.output()}] = mask;
  else masks_.erase({v.node(), v.output()});
}

void Trace::keep_unless(Value condition, const std::function<bool(std::int64_t number, VariableKind kind)>& concerns) {
  for (const std::int64_t n : written_) {
    const Known& k = numbers_[static_cast<std::size_t>(n)];
    const bool section = k.id < 0;
    if (!concerns(n, section ? VariableKind::weight : k.store->at(k.id).kind)) continue;
    Value& v = values_.at(n);
    v = select(condition, v, graph.variable(n, {v.dtype(), v.shape()}));
  }
}

void Trace::finish() {
  for (const std::int64_t n : written_) graph.updates.emplace_back(n, port(values_.at(n)));
}

void Trace::reset(std::int64_t number) const {
  const Known& k = numbers_[static_cast<std::size_t>(number)];
  const ArrayType& type = k.store->at(k.id).type;
  k.store->write(k.id, Tensor(type.dtype, type.dims));
}

std::vector<VariablePlace> Trace::places() const {
  std::vector<std::int32_t> base;
  std::int32_t groups = 0;
  for (const Variables* store : stores_) {
    base.push_back(groups);
    groups += static_cast<std::int32_t>(store->groups());
  }
  std::vector<VariablePlace> places;
  for (const Known& k : numbers_) {
    const auto store = static_cast<std::size_t>(std::find(stores_.begin(), stores_.end(), k.store) - stores_.begin());
    VariablePlace place = k.id >= 0 ? k.store->place_of(k.id) : k.store->place_of_section(k.section, k.dtype);
    place.group += base[store];
    places.push_back(std::move(place));
  }
  return places;
}

std::vector<VariableMemory> Trace::groups() const {
  std::vector<VariableMemory> groups;
  for (Variables* store : stores_)
    for (std::size_t g = 0; g < store->groups(); ++g) groups.push_back(store->group(g));
  return groups;
}

// --- Scope -----------------------------------------------------------------------------------------------------------------

namespace {
std::string joined(const std::string& path, std::string_view name) { return path.empty() ? std::string(name) : path + "/" + std::string(name); }
}  // namespace

Value Scope::weight(std::string_view name, const Shape& shape, const WeightOptions& options) {
  const Value v = trace_.variable(joined(path_, name), {variable_dtype_, shape}, VariableKind::weight, trainable_, options);
  return options.autocast ? cast(v, compute_dtype_) : v;
}

Value Scope::state(std::string_view name, const Shape& shape, const Initializer& initializer, std::optional<DType> dtype) {
  return trace_.variable(joined(path_, name), {dtype.value_or(variable_dtype_), shape}, of_metric_ ? VariableKind::metric : VariableKind::state, false, {.initializer = initializer, .regularizer = {}, .constraint = {}});
}

void Scope::update(std::string_view name, Value value) {
  if (trace_.training() || of_metric_) trace_.update(joined(path_, name), value);
}

void Scope::advance(std::string_view name, Value value) { trace_.update(joined(path_, name), value); }

Scope::Random Scope::random(std::optional<std::int64_t> seed) {
  const std::uint64_t stream = trace_.next_stream(path_);
  return {trace_.random_state(), seed ? stream ^ hash_of(fmt::format("seed {}", *seed)) : stream};
}

bool Scope::training() const { return trace_.training(); }

namespace {

// Values that are given by the names of the call's inputs join those in order; a name that the call does not take is an Error.
void take_by_name(const Layer& layer, std::vector<Value>& values, std::map<std::string, Value>& named, const Config::Mapping& arguments) {
  const std::optional<CallSignature> signature = layer.signature();
  if (!signature) return;
  const auto take = [&](std::string_view name) {
    const auto found = named.find(std::string(name));
    if (found == named.end()) return false;
    values.push_back(found->second);
    named.erase(found);
    return true;
  };
  while (values.size() < signature->inputs.size() && take(signature->inputs[values.size()])) {}
  if (!signature->rest.empty()) take(signature->rest);

  std::vector<std::string_view> known = signature->values;
  known.push_back("mask");
  known.insert(known.end(), signature->flags.begin(), signature->flags.end());
  const auto check = [&](const std::string& name) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    std::vector<std::string_view> all = signature->inputs;
    if (!signature->rest.empty()) all.push_back(signature->rest);
    all.insert(all.end(), known.begin(), known.end());
    throw Error(ErrorKind::spec, fmt::format("'{}' is no call argument of {}, or is given without those before it", name, layer.name()),
                fmt::format("in order: {}", fmt::join(all, ", ")));
  };
  for (const auto& [name, value] : named) check(name);
  for (const auto& [name, value] : arguments) check(name);
}

}  // namespace

Value Scope::call(const std::string& name, const Layer& layer, Value x) { return call(name, layer, Inputs({x}))[0]; }

std::vector<Value> Scope::call(const std::string& name, const Layer& layer, const Inputs& inputs) {
  const DTypePolicy policy = DTypePolicy::of(layer.dtype(), {variable_dtype_, compute_dtype_});
  Scope inner(trace_, joined(path_, name), trainable_ && layer.trainable(), policy.variable, policy.compute);

  // Floats enter in the layer's compute dtype; masks stay with them.
  const auto enter = [&](Value v) {
    if (!v || !layer.autocast() || !is_floating(v.dtype()) || v.dtype() == policy.compute) return v;
    const Value converted = cast(v, policy.compute);
    trace_.set_mask(converted, trace_.mask(v));
    return converted;
  };
  std::vector<Value> values;
  for (const Value& v : inputs.values()) values.push_back(enter(v));
  std::map<std::string, Value> named;
  for (const auto& [key, v] : inputs.named_values()) named[key] = enter(v);
  take_by_name(layer, values, named, inputs.arguments());

  // A mask given by name takes the place of the one that travels with the first input, for this call.
  const Value travelling = values.empty() ? Value() : trace_.mask(values[0]);
  const bool mask_given = named.count("mask") && !values.empty();
  if (mask_given) trace_.set_mask(values[0], cast(named["mask"], DType::boolean));

  const std::string place = std::exchange(trace_.graph.place, inner.path_);
  std::vector<Value> outputs = layer.call(inner, Inputs(values, std::move(named), inputs.arguments()));
  if (layer.mask() == Mask::passes && !values.empty() && trace_.mask(values[0]))
    for (const Value& y : outputs) trace_.set_mask(y, trace_.mask(values[0]));
  if (layer.mask() == Mask::stops && !values.empty())
    for (Value& y : outputs)
      for (const Value& x : values)
        if (y == x && trace_.mask(x)) y = trace_.graph.add("copy", {y});  // the same value, without its mask
  if (mask_given && std::find(outputs.begin(), outputs.end(), values[0]) == outputs.end())
    trace_.set_mask(values[0], travelling);
  Regularizer activity;
  activity.assign(layer.argument("activity_regularizer"));
  if (activity)
    for (const Value& y : outputs) trace_.losses.push_back(activity(y) / count(y, Axes{0}, y.dtype()));  // per row, as Keras
  trace_.graph.place = place;
  if (trace_.observer) trace_.observer(inner.path_, layer, outputs);
  return outputs;
}

Value Scope::on_host(Value x, DType dtype, const Shape& shape, HostFunction function) {
  return trace_.on_host(path_, x, dtype, shape, std::move(function));
}

void Scope::loss(Value scalar) { trace_.losses.push_back(scalar); }

void Scope::metric(const std::string& name, Value scalar) {
  trace_.metrics.push_back({path_, name, scalar});
}

Value Scope::mask(Value x) const { return trace_.mask(x); }
void Scope::set_mask(Value y, Value mask) { trace_.set_mask(y, mask); }

}  // namespace strata
