#include "src/compile/device_memory.h"

#include <algorithm>

#include <fmt/format.h>

#include <strata/error.h>

namespace strata {

DeviceMemory::DeviceMemory(Backend& backend, std::size_t bytes) : backend_(&backend), bytes_(std::max<std::size_t>(bytes, 64)) {
  data_ = backend.allocate(bytes_);
}

DeviceMemory::DeviceMemory(Backend& backend, std::size_t bytes, const std::string& what, const std::string& hint) : DeviceMemory(backend, bytes) {
  if (data_) return;
  const auto free = backend.free_bytes();
  throw Error(ErrorKind::runtime, fmt::format("out of memory: {} need {} on '{}'{}", what, mebibytes(bytes), backend.name(),
                                              free ? fmt::format(", {} are free", mebibytes(*free)) : ""), hint);
}

DeviceMemory& DeviceMemory::operator=(DeviceMemory&& other) noexcept {
  std::swap(backend_, other.backend_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void DeviceMemory::clear() {
  if (data_) backend_->release(data_, bytes_);
  data_ = nullptr;
  bytes_ = 0;
}

std::string mebibytes(std::size_t bytes) { return fmt::format("{:.2f} MiB", static_cast<double>(bytes) / 1048576); }

}  // namespace strata
