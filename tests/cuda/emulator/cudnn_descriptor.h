// A descriptor of cuDNN's graph API: it keeps what it is told.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include <cudnn.h>

namespace strata::emulator {

struct Descriptor {
  cudnnBackendDescriptorType_t type;
  struct Value {
    std::vector<char> bytes;
    std::int64_t count;
  };
  std::map<int, Value> values;
  std::map<int, std::vector<std::shared_ptr<const Descriptor>>> parts;  // descriptors as they were when they were given

  template <class T>
  std::vector<T> list(cudnnBackendAttributeName_t name) const {
    const auto found = values.find(name);
    if (found == values.end()) return {};
    std::vector<T> all(found->second.bytes.size() / sizeof(T));
    std::memcpy(all.data(), found->second.bytes.data(), all.size() * sizeof(T));
    return all;
  }
  template <class T>
  T value(cudnnBackendAttributeName_t name) const { return list<T>(name).at(0); }
  const Descriptor& part(cudnnBackendAttributeName_t name) const { return *parts.at(name).at(0); }
};

}  // namespace strata::emulator
