#include "src/model/feed.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include <strata/error.h>

namespace strata {
namespace {

constexpr int most_steps = 32;                             // of one launch
constexpr double launch_seconds = 4e-3;                    // that it takes at most
constexpr std::size_t most_bytes = std::size_t{4} << 20;   // of rows that are streamed for it
constexpr std::size_t rounding = std::size_t{64} << 10;

}  // namespace

Logs read_logs(const CompiledStep& step, const Run& run) {
  Logs logs;
  for (std::size_t i = 0; i < step.outputs().size(); ++i) logs.emplace_back(step.outputs()[i], run.output(i).at(0));
  return logs;
}

Feed::Feed(ModelState& state, const Dataset& data, bool training, std::int64_t batch_size, Rows rows)
    : state_(state), training_(training), types_(batch_types(state, data, true)), rows_(data.rows()), batch_size_(std::min(batch_size, rows_)) {
  if (rows_ == 0) throw Error(ErrorKind::data, training ? "there are no rows to train on" : "there are no rows to evaluate");
  Backend& backend = *state.backend();
  trace(backend.uses_host_memory() || rows == Rows::are_read_again);
  columns_ = step_->on_host(named_columns(state, data));
  for (const CompiledStep::Input& input : step_->inputs())
    if (const auto column = columns_.find(input.name); column != columns_.end()) column->second = column->second.astype(input.type.dtype);
  if (backend.uses_host_memory())
    for (const auto& [name, t] : columns_) resident_[name] = const_cast<void*>(t.data());  // a step reads its inputs
  else if (types_.resident && !copy_columns()) trace(false);
  step_->plan(step_->bind(shapes(batch_size_)));  // what cannot be planned is said before anything runs
}

void Feed::trace(bool resident) {
  worker_.reset();  // of the step so far
  types_.resident = resident;
  step_ = traced().shared_from_this();
  worker_ = step_->take();
}

bool Feed::copy_columns() {
  Backend& backend = *state_.backend();
  std::size_t bytes = 0;
  std::map<std::string, void*> on_host;
  for (const CompiledStep::Input& input : step_->inputs())
    if (const auto column = columns_.find(input.name); column != columns_.end()) {
      bytes += column->second.bytes();
      on_host[input.name] = column->second.data();
    }
  if (const auto free = backend.free_bytes(); free && bytes > *free) return false;
  const auto plan = step_->plan(step_->bind(shapes(batch_size_)));
  const std::size_t step_bytes = plan->arena_bytes + plan->run_bytes(addresses_of(*plan, on_host), launches());
  // As much again as the step takes: for a shorter last batch, and for validation; and what blocks are larger than what is asked for.
  if (const auto free = backend.free_bytes(); free && bytes + 2 * step_bytes + rounding > *free) return false;
  for (const auto& [name, data] : on_host) {
    const std::size_t n = columns_.at(name).bytes();
    DeviceMemory memory(backend, n);
    if (!memory) {
      resident_.clear();
      memory_.clear();
      return false;
    }
    backend.copy_in(memory.data(), data, n);
    resident_[name] = memory.data();
    memory_.push_back(std::move(memory));
  }
  return true;
}

std::map<std::string, std::vector<std::int64_t>> Feed::shapes(std::int64_t count) const {
  std::map<std::string, std::vector<std::int64_t>> found;
  if (types_.resident) found["order"] = {count};
  for (const auto& [name, t] : columns_) {
    found[name] = t.shape();
    if (!types_.resident) found[name][0] = count;
  }
  return found;
}

Launches Feed::launches() const {
  Backend& backend = *state_.backend();
  if (backend.uses_host_memory()) return {};
  const std::int64_t given = state_.compiled->steps_per_execution;
  std::int64_t steps = std::min({rows_ / batch_size_, std::int64_t{most_steps}, given > 1 ? given : most_steps});
  if (!types_.resident) {
    const auto free = backend.free_bytes();
    const std::size_t room = free ? std::min(most_bytes, *free / 32) : most_bytes;
    const std::size_t bytes = step_->plan(step_->bind(shapes(batch_size_)))->input_bytes();
    steps = std::min(steps, static_cast<std::int64_t>(room / std::max<std::size_t>(bytes, 1)));
  }
  return {.steps = static_cast<int>(std::max<std::int64_t>(steps, 1)), .places = 2};
}

Feed::Batch Feed::prepared(std::int64_t count, Launches launches) {
  Batch batch{&worker_->run_for(step_->bind(shapes(count)), resident_, launches), {}, 0};
  const std::vector<Plan::Value>& inputs = batch.run->plan().inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (resident_.count(inputs[i].name)) continue;
    if (inputs[i].name == "order") {
      batch.parts.push_back({nullptr, sizeof(std::int64_t), i});
      continue;
    }
    const Tensor& column = columns_.at(inputs[i].name);
    batch.parts.push_back({static_cast<const std::byte*>(column.data()), column.bytes() / static_cast<std::size_t>(rows_), i});
  }
  return batch;
}

void Feed::begin() {
  whole_ = prepared(batch_size_, launches());
  if (rows_ % batch_size_) short_ = prepared(rows_ % batch_size_, {});
  const int most = whole_.run->launches().steps;
  together_ = most == 1 || state_.compiled->steps_per_execution > 1 ? most : std::min(together_, most);
}

void Feed::write(const Batch& batch, const std::int64_t* rows, std::int64_t count, int step, std::byte* to) const {
  for (const Part& part : batch.parts) {
    std::byte* at = to + batch.run->offset(part.input, step);
    if (!part.column) std::memcpy(at, rows, static_cast<std::size_t>(count) * part.row_bytes);
    else if (part.row_bytes)
      for (std::int64_t i = 0; i < count; ++i, at += part.row_bytes) std::memcpy(at, part.column + static_cast<std::size_t>(rows[i]) * part.row_bytes, part.row_bytes);
  }
}

std::int64_t Feed::run(const Tensor& order, std::int64_t batch, std::int64_t most) {
  const std::int64_t first = batch * batch_size_, whole = std::min(most, (rows_ - first) / batch_size_);
  Batch& b = whole > 0 ? whole_ : short_;
  Run& run = *b.run;
  const std::int64_t count = std::min(batch_size_, rows_ - first);
  const int steps = together_ > 0 && whole >= together_ ? together_ : 1;
  std::byte* to = run.fill(b.place);
  for (int s = 0; s < steps; ++s) write(b, static_cast<const std::int64_t*>(order.data()) + first + s * count, count, s, to);
  // By its third turn a device has every place's step as it keeps it.
  const bool is_timed = together_ == 0 && whole > 1 && launched_++ == 2 * run.launches().places;
  if (is_timed) run.wait();
  const auto began = std::chrono::steady_clock::now();
  run.launch(b.place, steps);
  if (is_timed) {
    run.wait();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    together_ = static_cast<int>(std::bit_floor(static_cast<unsigned>(std::clamp(launch_seconds / seconds, 1.0, static_cast<double>(run.launches().steps)))));
  }
  b.place = (b.place + 1) % run.launches().places;
  last_ = &b;
  return steps;
}

Logs Feed::logs() const { return read_logs(*step_, *last_->run); }

Tensor in_order(std::int64_t rows) {
  Tensor order(DType::int64, {rows});
  for (std::int64_t i = 0; i < rows; ++i) order.values<std::int64_t>()[static_cast<std::size_t>(i)] = i;
  return order;
}

}  // namespace strata
