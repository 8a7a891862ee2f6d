#include "src/model/feed.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <strata/error.h>

namespace strata {

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
  std::size_t step_bytes = plan->arena_bytes + plan->run_bytes();
  for (const Plan::Value& input : plan->inputs)
    if (on_host.count(input.name)) step_bytes -= input.type.bytes();
  // As much again as the step takes: for a shorter last batch, and for validation.
  if (const auto free = backend.free_bytes(); free && bytes + 2 * step_bytes > *free) return false;
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

Feed::Batch Feed::prepared(std::int64_t count) {
  Batch batch{&worker_->run_for(step_->bind(shapes(count)), resident_), nullptr, {}};
  const std::vector<Plan::Value>& inputs = batch.run->plan().inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (resident_.count(inputs[i].name)) continue;
    if (inputs[i].name == "order") {
      batch.order = batch.run->input(i);
      continue;
    }
    const Tensor& column = columns_.at(inputs[i].name);
    const std::size_t row_bytes = column.bytes() / static_cast<std::size_t>(rows_);
    batch.streamed.push_back({static_cast<const std::byte*>(column.data()), row_bytes, batch.run->input(i),
                              std::vector<std::byte>(row_bytes * static_cast<std::size_t>(count))});
  }
  return batch;
}

void Feed::begin() {
  whole_ = prepared(batch_size_);
  if (rows_ % batch_size_) short_ = prepared(rows_ % batch_size_);
}

void Feed::run(const Tensor& order, std::int64_t first, std::int64_t count) {
  Backend& backend = step_->backend();
  Batch& batch = count == batch_size_ ? whole_ : short_;
  const std::int64_t* numbers = static_cast<const std::int64_t*>(order.data()) + first;
  if (batch.order) backend.copy_in(batch.order, numbers, static_cast<std::size_t>(count) * sizeof(std::int64_t));
  for (Streamed& s : batch.streamed) {
    for (std::int64_t i = 0; i < count && s.row_bytes; ++i)
      std::memcpy(s.gathered.data() + static_cast<std::size_t>(i) * s.row_bytes, s.column + static_cast<std::size_t>(numbers[i]) * s.row_bytes, s.row_bytes);
    backend.copy_in(s.input, s.gathered.data(), s.gathered.size());
  }
  (*batch.run)();
  last_ = &batch;
}

Logs Feed::logs() const { return read_logs(*step_, *last_->run); }

Tensor in_order(std::int64_t rows) {
  Tensor order(DType::int64, {rows});
  for (std::int64_t i = 0; i < rows; ++i) order.values<std::int64_t>()[static_cast<std::size_t>(i)] = i;
  return order;
}

}  // namespace strata
