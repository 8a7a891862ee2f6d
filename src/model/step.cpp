#include "src/model/step.h"

#include <fmt/format.h>

#include <strata/error.h>
#include "src/compile/backends.h"
#include "src/compile/plan_store.h"

namespace strata {

std::map<std::string, Tensor> on_host(const Trace& trace, std::map<std::string, Tensor> columns, bool texts) {
  for (const Trace::HostCall& call : trace.host_calls()) columns[call.output] = call.function(columns.at(call.input));
  if (!texts) std::erase_if(columns, [](const auto& column) { return column.second.dtype() == DType::string; });
  return columns;
}

CompiledStep::CompiledStep(std::unique_ptr<Trace> trace, std::vector<std::string> outputs, std::shared_ptr<Backend> backend,
                           std::shared_ptr<KernelChoices> choices)
    : trace_(std::move(trace)), outputs_(std::move(outputs)), backend_(std::move(backend)), choices_(std::move(choices)) {
  for (const OpNode& n : trace_->graph.nodes())
    if (n.op->name == "input") inputs_.push_back({n.attributes.text("name"), n.outputs[0]});
}

void CompiledStep::assume_host_columns(std::map<std::string, std::vector<std::int64_t>>& shapes, std::int64_t rows) const {
  for (const Input& input : inputs_) {
    const auto [found, fresh] = shapes.try_emplace(input.name, std::vector<std::int64_t>{rows});
    for (int i = 1; fresh && i < input.type.shape.rank(); ++i) {
      if (!input.type.shape[i].is_known())
        throw Error(ErrorKind::spec, fmt::format("how long the rows of '{}' are depends on the data", input.name.substr(input.name.find(':') + 1)),
                    "give TextVectorization an output_sequence_length");
      found->second.push_back(input.type.shape[i].value());
    }
  }
}

Bindings CompiledStep::bind(const std::map<std::string, Tensor>& values) const {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto& [name, t] : values) shapes[name] = t.shape();
  return bind(shapes);
}

Bindings CompiledStep::bind(const std::map<std::string, std::vector<std::int64_t>>& shapes) const {
  Bindings bindings;
  for (const Input& input : inputs_) {
    const auto found = shapes.find(input.name);
    if (found == shapes.end()) throw Error(ErrorKind::data, fmt::format("no data for the input '{}'", input.name));
    const std::vector<std::int64_t>& dims = found->second;
    const Shape& shape = input.type.shape;
    bool fits = static_cast<int>(dims.size()) == shape.rank();
    for (int i = 0; fits && i < shape.rank(); ++i) {
      const std::int64_t n = dims[static_cast<std::size_t>(i)];
      if (shape[i].is_known()) {
        fits = shape[i].value() == n;
      } else {
        const auto [known, fresh] = bindings.try_emplace(shape[i].str(), n);
        fits = known->second == n;
        if (!fits && i == 0)
          throw Error(ErrorKind::data, fmt::format("'{}' has {} rows, the other columns have {}", input.name.substr(input.name.find(':') + 1), n, known->second));
      }
    }
    if (!fits)
      throw Error(ErrorKind::data, fmt::format("'{}' takes the shape {}, received {}", input.name, shape.str(), Shape::of(dims).str()));
  }
  return bindings;
}

std::int64_t CompiledStep::version() const {
  std::int64_t sum = choices_->version();
  for (const Variables* store : trace_->stores()) sum += store->version();
  return sum;
}

void CompiledStep::place_variables() {
  for (Variables* store : trace_->stores())
    if (!store->placed()) store->place(backend_);
}

std::shared_ptr<const Plan> CompiledStep::plan(const Bindings& bindings) {
  const std::lock_guard lock(mutex_);
  place_variables();
  if (planned_version_ != version()) {  // variables have moved, or other kernels are asked for
    plans_.clear();
    planned_version_ = version();
  }
  auto& plan = plans_[bindings];
  if (!plan) {
    CompileOptions options;
    options.choices = choices_->in_use();
    plan = shared_plan(specialize(trace_->graph, bindings), *backend_, reference_backend(), trace_->places(), options);
    choices_->add(*plan);
  }
  return plan;
}

CompiledStep::Worker::Worker(CompiledStep& step) : step_(step), arena_(*step.backend_) {}

Run& CompiledStep::Worker::run_for(const Bindings& bindings, const std::map<std::string, void*>& external) {
  if (last_ && version_ == step_.version() && bindings == last_->first.first && external == last_->first.second) return *last_->second;
  const auto plan = step_.plan(bindings);
  if (version_ != step_.version()) {
    runs_.clear();
    last_ = nullptr;
    version_ = step_.version();
  }
  auto& entry = *runs_.try_emplace({bindings, external}).first;
  auto& run = entry.second;
  if (!run) {
    std::vector<void*> addresses;
    for (const Plan::Value& input : plan->inputs) {
      const auto found = external.find(input.name);
      addresses.push_back(found == external.end() ? nullptr : found->second);
    }
    run = std::make_unique<Run>(plan, *step_.backend_, arena_, step_.trace_->groups(), std::move(addresses));
  }
  last_ = &entry;
  return *run;
}

Run& CompiledStep::Worker::load(const std::map<std::string, Tensor>& columns) {
  const std::vector<Input>& inputs = step_.inputs();
  bool same = loaded_shapes_.size() == inputs.size();
  for (std::size_t i = 0; same && i < inputs.size(); ++i) {
    const auto found = columns.find(inputs[i].name);
    same = found != columns.end() && found->second.shape() == loaded_shapes_[i];
  }
  if (!same) {
    loaded_ = step_.bind(columns);
    loaded_shapes_.clear();
    for (const Input& in : inputs) loaded_shapes_.push_back(columns.at(in.name).shape());
  }
  Run& run = run_for(loaded_);
  for (std::size_t i = 0; i < run.plan().inputs.size(); ++i) {
    const Plan::Value& input = run.plan().inputs[i];
    const Tensor& given = columns.at(input.name);
    if (given.dtype() == input.type.dtype) run.set_input(i, given);
    else run.set_input(i, given.astype(input.type.dtype));
  }
  return run;
}

std::shared_ptr<CompiledStep::Worker> CompiledStep::take() {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Worker> worker;
  if (free_.empty()) {
    worker = std::make_unique<Worker>(*this);
  } else {
    worker = std::move(free_.back());
    free_.pop_back();
  }
  return {worker.release(), [this](Worker* w) {
            const std::lock_guard give_back(mutex_);
            free_.emplace_back(w);
          }};
}

}  // namespace strata
