// A block of a backend's memory, given back when it goes.
#pragma once

#include <string>
#include <utility>

#include "backend/backend.h"

namespace strata {

class DeviceMemory {
 public:
  DeviceMemory() = default;
  // Zeroed. Empty where there is no room.
  DeviceMemory(Backend& backend, std::size_t bytes);
  // The same; no room is an Error with the figures. `what`: "the activations of a step".
  DeviceMemory(Backend& backend, std::size_t bytes, const std::string& what, const std::string& hint);
  DeviceMemory(DeviceMemory&& other) noexcept { *this = std::move(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept;
  ~DeviceMemory() { clear(); }

  explicit operator bool() const { return data_ != nullptr; }
  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  void clear();

 private:
  Backend* backend_ = nullptr;
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

// "12.5 MiB", for messages.
std::string mebibytes(std::size_t bytes);

}  // namespace strata
