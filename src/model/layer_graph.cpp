#include "src/model/layer_graph.h"

#include <algorithm>
#include <atomic>
#include <set>

#include <fmt/format.h>

#include <strata/error.h>
#include "src/model/model_state.h"

namespace strata {
namespace {

std::shared_ptr<LayerCall> new_call() {
  static std::atomic<std::int64_t> serial{0};
  auto call = std::make_shared<LayerCall>();
  call->serial = serial++;
  return call;
}

}  // namespace

LayerOutput Input(Shape shape, InputOptions options) {
  auto call = new_call();
  call->input = InputType{std::move(shape), options.dtype, options.batch_size};
  call->name = std::move(options.name);
  return {call, 0};
}

LayerOutput call(const Layer& layer, const std::vector<LayerOutput>& inputs, CallOptions options) {
  auto call = new_call();
  call->layer = layer;
  call->name = std::move(options.name);
  call->inputs = inputs;
  call->named = std::move(options.named);
  call->arguments = std::move(options.arguments);
  return {call, 0};
}

LayerOutput operator|(const LayerOutput& x, const Layer& layer) { return call(layer, {x}); }
LayerOutput operator|(const std::vector<LayerOutput>& xs, const Layer& layer) { return call(layer, xs); }

LayerGraph::LayerGraph(std::vector<LayerOutput> inputs, std::vector<LayerOutput> outputs, std::vector<std::string> output_names)
    : inputs_(std::move(inputs)), outputs_(std::move(outputs)), output_names_(std::move(output_names)) {
  std::set<const LayerCall*> seen;
  std::vector<std::shared_ptr<LayerCall>> open;
  for (const auto& list : {inputs_, outputs_})
    for (const LayerOutput& o : list) open.push_back(o.call());
  const auto is_input = [&](const LayerCall* call) {
    return std::any_of(inputs_.begin(), inputs_.end(), [&](const LayerOutput& in) { return in.call().get() == call; });
  };
  while (!open.empty()) {
    const auto call = open.back();
    open.pop_back();
    if (!seen.insert(call.get()).second) continue;
    calls_.push_back(call);
    if (is_input(call.get())) continue;
    if (call->input)
      throw Error(ErrorKind::spec, fmt::format("the model depends on the input '{}', which is not one of its inputs", call->name.empty() ? "(unnamed)" : call->name),
                  "name every input that the outputs depend on");
    for (const LayerOutput& in : call->inputs) open.push_back(in.call());
    for (const auto& [key, in] : call->named) open.push_back(in.call());
  }
  std::sort(calls_.begin(), calls_.end(), [](const auto& a, const auto& b) { return a->serial < b->serial; });

  // Keras' names: the given one, else the class' in snake case with a number from the second on.
  std::map<const void*, std::string> by_layer;
  std::set<std::string> taken;
  std::map<std::string, int> used;
  const auto take = [&](const std::string& name, const std::string& what) {
    if (!taken.insert(name).second)
      throw Error(ErrorKind::spec, fmt::format("the name '{}' is given to two layers", name), fmt::format("give one {} another name", what));
    return name;
  };
  const auto automatic = [&](const std::string& base) {
    for (;;) {
      const int n = used[base]++;
      const std::string name = n == 0 ? base : fmt::format("{}_{}", base, n);
      if (taken.insert(name).second) return name;
    }
  };
  for (const auto& call : calls_)  // given names first, so that an automatic one never takes them
    if (call->input) {
      if (!call->name.empty()) names_[call.get()] = take(call->name, "input");
    } else if (!by_layer.count(call->layer.object()) && !call->layer.given_name().empty()) {
      by_layer[call->layer.object()] = take(call->layer.given_name(), "layer");
    }
  for (const auto& call : calls_) {
    if (call->input) {
      if (!names_.count(call.get())) names_[call.get()] = automatic("input_layer");
      layers_.push_back({names_[call.get()], {}, call.get()});
      continue;
    }
    const bool first = std::none_of(layers_.begin(), layers_.end(), [&](const Entry& e) { return e.layer && e.layer.same_as(call->layer); });
    std::string& name = by_layer[call->layer.object()];
    if (name.empty()) name = automatic(snake_case(call->layer.name()));
    names_[call.get()] = name;
    if (first) layers_.push_back({name, call->layer, call.get()});
  }
  if (output_names_.empty())
    for (const LayerOutput& o : outputs_) output_names_.push_back(names_[o.call().get()]);
  else if (output_names_.size() != outputs_.size())
    throw Error(ErrorKind::spec, fmt::format("{} names are given to {} outputs", output_names_.size(), outputs_.size()));
}

std::vector<TensorType> LayerGraph::input_types() const {
  std::vector<TensorType> types;
  for (const LayerOutput& in : inputs_) {
    const InputType& type = *in.call()->input;
    std::vector<Dim> dims{type.batch_size ? Dim(*type.batch_size) : Dim::symbol("batch")};
    for (int i = 0; i < type.shape.rank(); ++i)
      dims.push_back(type.shape[i] == Dim(-1) ? Dim::symbol(fmt::format("{}.{}", name(*in.call()), i + 1)) : type.shape[i]);
    types.push_back({type.dtype, Shape(std::move(dims))});
  }
  return types;
}

std::string LayerGraph::described(const LayerCall& call) const {
  return fmt::format("layer '{}' ({})", name(call), call.layer.name());
}

std::vector<Value> LayerGraph::trace(Scope& scope, const std::vector<Value>& inputs) const { return trace_until(scope, inputs, outputs_); }

LayerErrors::LayerErrors(std::vector<Error> errors)
    : Error(ErrorKind::spec,
            [&] {
              std::string text;
              for (const Error& e : errors) text += (text.empty() ? "" : "\n") + std::string(e.what());
              return text;
            }(),
            errors.front().hint()),
      errors_(std::move(errors)) {}

std::vector<Value> LayerGraph::trace_until(Scope& scope, const std::vector<Value>& inputs, const std::vector<LayerOutput>& wanted) const {
  CallValues values;
  for (std::size_t i = 0; i < inputs_.size(); ++i) values[inputs_[i].call().get()] = {inputs[i]};
  // Calls come in the order they were written, so nothing after the last wanted one is needed.
  std::int64_t last = -1;
  for (const LayerOutput& o : wanted) last = std::max(last, o.call()->serial);
  std::vector<Error> errors;
  for (const auto& call : calls_) {
    if (values.count(call.get()) || call->serial > last) continue;
    // What a layer that does not fit would have fed is not looked at.
    const auto is_there = [&](const LayerOutput& in) { return values.count(in.call().get()) != 0; };
    if (!std::all_of(call->inputs.begin(), call->inputs.end(), is_there) ||
        !std::all_of(call->named.begin(), call->named.end(), [&](const auto& entry) { return is_there(entry.second); }))
      continue;
    try {
      values[call.get()] = traced(scope, *call, values);
    } catch (const LayerErrors& e) {
      errors.insert(errors.end(), e.errors().begin(), e.errors().end());
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::spec) throw;
      errors.push_back(e);
    }
  }
  if (errors.size() == 1) throw Error(errors[0]);
  if (!errors.empty()) throw LayerErrors(std::move(errors));
  std::vector<Value> outputs;
  for (const LayerOutput& o : wanted) outputs.push_back(value_of(o, *o.call(), values));
  return outputs;
}

Value LayerGraph::value_of(const LayerOutput& o, const LayerCall& reader, const CallValues& values) const {
  const auto& outputs = values.at(o.call().get());
  if (o.index() < 0 || o.index() >= static_cast<int>(outputs.size()))
    throw Error(ErrorKind::spec, fmt::format("{} asks for output {} of '{}', which has {}", described(reader), o.index(), name(*o.call()), outputs.size()));
  return outputs[static_cast<std::size_t>(o.index())];
}

std::vector<Value> LayerGraph::traced(Scope& scope, const LayerCall& call, const CallValues& values) const {
  std::vector<Value> operands;
  std::map<std::string, Value> named;
  std::string fed;
  for (const LayerOutput& in : call.inputs) {
    operands.push_back(value_of(in, call, values));
    fed += fmt::format("{}'{}' {}", fed.empty() ? "" : ", ", name(*in.call()), operands.back().shape().str());
  }
  for (const auto& [key, in] : call.named) {
    named[key] = value_of(in, call, values);
    fed += fmt::format("{}{}: '{}' {}", fed.empty() ? "" : ", ", key, name(*in.call()), named[key].shape().str());
  }
  const int takes = call.layer.inputs();
  if (takes >= 0 && static_cast<int>(operands.size()) != takes)
    throw Error(ErrorKind::spec, fmt::format("{} takes {} input{}, {} are given", described(call), takes, takes == 1 ? "" : "s", operands.size()));
  try {
    return scope.call(name(call), call.layer, Inputs(operands, std::move(named), call.arguments));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::spec) throw;
    const std::string text = e.what();
    if (text.rfind("layer '", 0) == 0) throw;  // an inner model has named its layer
    throw Error(e.kind(), fmt::format("{}, fed by {}: {}", described(call), fed, text), e.hint());
  }
}

Schema Nested::schema() {
  return describe<Nested>("Functional", "A model as a layer.", layer_fields<Nested>());
}

std::vector<Value> Nested::call(Scope& scope, const Inputs& inputs) const {
  const std::vector<TensorType> takes = model->graph.input_types();
  if (inputs.values().size() != takes.size())
    throw Error(ErrorKind::spec, fmt::format("the model takes {} input{}, {} are given", takes.size(), takes.size() == 1 ? "" : "s", inputs.values().size()));
  for (std::size_t i = 0; i < takes.size(); ++i) {
    const Shape given = inputs.values()[i].shape(), &wanted = takes[i].shape;
    bool fits = given.rank() == wanted.rank();
    for (int axis = 1; fits && axis < wanted.rank(); ++axis) fits = !wanted[axis].is_known() || !given[axis].is_known() || wanted[axis] == given[axis];
    if (!fits)
      throw Error(ErrorKind::spec, fmt::format("the model takes '{}' as {}, received {}", model->graph.name(*model->graph.inputs()[i].call()), wanted.str(), given.str()),
                  "make its input's shape that of the layer that feeds it");
  }
  return model->graph.trace(scope, inputs.values());
}

}  // namespace strata
