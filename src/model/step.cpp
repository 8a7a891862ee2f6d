#include "src/model/step.h"

#include <algorithm>
#include <functional>

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

std::vector<void*> addresses_of(const Plan& plan, const std::map<std::string, void*>& external) {
  std::vector<void*> addresses;
  for (const Plan::Value& input : plan.inputs) {
    const auto found = external.find(input.name);
    addresses.push_back(found == external.end() ? nullptr : found->second);
  }
  return addresses;
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
    plan = make_plan(bindings);
    choices_->add(*plan);
  }
  return plan;
}

std::shared_ptr<const Plan> CompiledStep::make_plan(const Bindings& bindings) const {
  CompileOptions options;
  options.choices = choices_->in_use();
  return shared_plan(specialize(trace_->graph, bindings), *backend_, reference_backend(), trace_->places(), options);
}

namespace {

// The largest number of rows below `rows` whose bytes are at most `free`; 0 where there is none. Memory grows nearly in a line
// with the rows, so few plans have to be made.
std::int64_t largest_below(std::int64_t rows, std::size_t bytes, std::size_t free, const std::function<std::size_t(std::int64_t)>& bytes_of) {
  if (rows <= 1) return 0;
  std::int64_t fits = 1, too_many = rows;
  std::size_t low = bytes_of(1), high = bytes;
  if (low > free) return 0;
  for (int i = 1; too_many - fits > 1; ++i) {
    const double share = i % 3 == 0 || high <= low ? 0.5 : static_cast<double>(free - low) / static_cast<double>(high - low);
    const std::int64_t guess = std::clamp(fits + static_cast<std::int64_t>(share * static_cast<double>(too_many - fits)), fits + 1, too_many - 1);
    const std::size_t found = bytes_of(guess);
    if (found <= free) { fits = guess; low = found; }
    else { too_many = guess; high = found; }
  }
  return fits;
}

}  // namespace

CompiledStep::Worker::Worker(CompiledStep& step) : step_(step), arena_(*step.backend_) {}

Run& CompiledStep::Worker::run_for(const Bindings& bindings, const std::map<std::string, void*>& external, Launches launches) {
  const auto has_places = [&](const Run& run) { return run.launches().steps >= launches.steps && run.launches().places >= launches.places; };
  if (last_ && version_ == step_.version() && bindings == last_->first.first && external == last_->first.second && has_places(*last_->second)) return *last_->second;
  const auto plan = step_.plan(bindings);
  if (version_ != step_.version()) {
    runs_.clear();
    last_ = nullptr;
    version_ = step_.version();
  }
  // Runs over columns that lay elsewhere are those of a data set that was used before.
  if (std::erase_if(runs_, [&](const auto& known) { return known.first.second != external; })) last_ = nullptr;
  auto& entry = *runs_.try_emplace({bindings, external}).first;
  auto& run = entry.second;
  if (run && !has_places(*run)) run.reset();
  if (!run) {
    require_room(*plan, bindings, external, launches);
    run = std::make_unique<Run>(plan, *step_.backend_, arena_, step_.trace_->groups(), addresses_of(*plan, external), launches);
  }
  last_ = &entry;
  return *run;
}

void CompiledStep::Worker::require_room(const Plan& plan, const Bindings& bindings, const std::map<std::string, void*>& external, Launches launches) const {
  const auto free = step_.backend_->free_bytes();
  if (!free) return;
  const auto needed = [&](const Plan& p) { return p.run_bytes(addresses_of(p, external), launches) + p.arena_bytes - std::min(p.arena_bytes, arena_.bytes()); };
  if (needed(plan) <= *free) return;
  std::size_t variables = 0;
  for (const Variables* store : step_.trace_->stores()) variables += store->bytes();
  const auto batch = bindings.find("batch");
  std::string message = fmt::format("out of memory: a step{} needs {} for activations, gradients, scratch memory and its inputs; '{}' has {} free, beside {} of weights and optimizer state",
                                    batch == bindings.end() ? "" : fmt::format(" of {} rows", batch->second), mebibytes(needed(plan)), step_.backend_->name(), mebibytes(*free), mebibytes(variables));
  if (plan.largest.bytes) message += fmt::format("; the largest part, {}, is of '{}'", mebibytes(plan.largest.bytes), plan.largest.place);
  std::string hint = "make the model smaller";
  if (batch != bindings.end()) {
    const auto bytes_of = [&](const Plan& p) { return needed(p) + p.run_bytes(addresses_of(p, external)); };  // with the run of a shorter last batch
    const auto bytes_of_rows = [&](std::int64_t rows) {
      Bindings smaller = bindings;
      smaller["batch"] = rows;
      return bytes_of(*step_.make_plan(smaller));
    };
    const std::int64_t fits = largest_below(batch->second, bytes_of(plan), *free, bytes_of_rows);
    hint = fits ? fmt::format("make the batch smaller: {} rows fit", fits) : "make the model smaller: not even one row fits";
  }
  throw Error(ErrorKind::runtime, message, hint);
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
