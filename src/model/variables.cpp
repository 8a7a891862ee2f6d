#include "src/model/variables.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include <strata/error.h>

namespace strata {

std::int64_t Variables::add(Variable variable) {
  const auto id = static_cast<std::int64_t>(list_.size());
  by_path_[variable.path] = id;
  list_.push_back(std::move(variable));
  return id;
}

std::optional<std::int64_t> Variables::find(const std::string& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? std::nullopt : std::optional(found->second);
}

std::string Variable::section() const {
  switch (kind) {
    case VariableKind::weight: return trainable ? "trainable" : "frozen";
    case VariableKind::state: return "state";
    case VariableKind::slot: return "slot " + slot;
    case VariableKind::counter: return "counter";
    case VariableKind::metric: return "metric";
  }
  return "";
}

std::vector<std::int64_t> Variables::section_ids(const std::string& section, DType dtype) const {
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < list_.size(); ++i)
    if (list_[i].type.dtype == dtype && list_[i].section() == section) ids.push_back(static_cast<std::int64_t>(i));
  std::stable_partition(ids.begin(), ids.end(), [&](std::int64_t id) { return at(id).type.bytes() % 64 == 0; });
  return ids;
}

std::int64_t Variables::section_elements(const std::string& section, DType dtype) const {
  std::int64_t n = 0;
  for (const std::int64_t id : section_ids(section, dtype)) n += at(id).type.elements();
  return n;
}

VariablePlace Variables::place_of_section(const std::string& section, DType dtype) const {
  return {group_of_.at({section, dtype}), 0, {dtype, {section_elements(section, dtype)}}};
}

VariablePlace Variables::place_of(std::int64_t id) const {
  const Spot& spot = spots_[static_cast<std::size_t>(id)];
  return {spot.group, spot.offset, at(id).type};
}

void Variables::take_back() {
  if (!backend_) return;
  for (std::size_t i = 0; i < spots_.size(); ++i) list_[i].value = read(static_cast<std::int64_t>(i));
  buffers_.clear();
  spots_.clear();
  group_of_.clear();
  backend_.reset();
}

void Variables::place(std::shared_ptr<Backend> backend) {
  take_back();
  std::vector<Spot> spots(list_.size());
  std::vector<std::size_t> sizes;
  std::map<std::pair<std::string, DType>, std::int32_t> groups;
  for (const Variable& v : list_) {
    const std::pair<std::string, DType> key{v.section(), v.type.dtype};
    const auto [group, fresh] = groups.try_emplace(key, static_cast<std::int32_t>(sizes.size()));
    if (!fresh) continue;
    std::size_t offset = 0;
    for (const std::int64_t id : section_ids(key.first, key.second)) {
      spots[static_cast<std::size_t>(id)] = {group->second, offset};
      offset += at(id).type.bytes();
    }
    sizes.push_back(offset);
  }
  const std::size_t all = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  std::vector<Buffer> buffers(sizes.size());
  for (const auto& [key, group] : groups) {
    const auto g = static_cast<std::size_t>(group);
    buffers[g].memory = DeviceMemory(*backend, sizes[g], fmt::format("the variables '{}', of {} in all,", key.first, mebibytes(all)), "make the model smaller");
  }
  buffers_ = std::move(buffers);
  group_of_ = std::move(groups);
  backend_ = std::move(backend);
  spots_ = std::move(spots);
  ++version_;
  for (std::size_t i = 0; i < list_.size(); ++i) {
    if (!list_[i].value) continue;  // device memory begins as zeros
    write(static_cast<std::int64_t>(i), list_[i].value);
    list_[i].value = {};  // the device has it now
  }
}

std::size_t Variables::bytes() const {
  std::size_t sum = 0;
  for (const Buffer& b : buffers_) sum += b.memory.bytes();
  return sum;
}

Tensor Variables::read(std::int64_t id) const {
  const Variable& v = at(id);
  if (v.value) return v.value.clone();
  if (!backend_ || static_cast<std::size_t>(id) >= spots_.size()) return Tensor(v.type.dtype, v.type.dims);
  const Spot& spot = spots_[static_cast<std::size_t>(id)];
  Tensor t(v.type.dtype, v.type.dims);
  backend_->copy_out(t.data(), static_cast<const std::byte*>(buffers_[static_cast<std::size_t>(spot.group)].memory.data()) + spot.offset, t.bytes());
  return t;
}

void Variables::write(std::int64_t id, const Tensor& value) {
  Variable& v = at(id);
  if (value.shape() != v.type.dims)
    throw Error(ErrorKind::data, fmt::format("'{}' has the shape ({}), a value of shape ({}) does not fit", v.path, fmt::join(v.type.dims, ", "), fmt::join(value.shape(), ", ")));
  const Tensor converted = value.astype(v.type.dtype);
  if (!backend_ || static_cast<std::size_t>(id) >= spots_.size()) {
    v.value = converted.clone();
    return;
  }
  const Spot& spot = spots_[static_cast<std::size_t>(id)];
  Buffer& buffer = buffers_[static_cast<std::size_t>(spot.group)];
  backend_->copy_in(static_cast<std::byte*>(buffer.memory.data()) + spot.offset, converted.data(), converted.bytes());
  ++buffer.writes;
}

}  // namespace strata
