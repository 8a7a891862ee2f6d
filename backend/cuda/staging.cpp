#include "backend/cuda/staging.h"

#include <algorithm>
#include <cstring>

#include "backend/cuda/status.h"

namespace strata::cuda {

Staging::~Staging() {
  for (Slot& slot : slots_) {
    if (slot.read != nullptr) {
      cudaEventSynchronize(slot.read);
      cudaEventDestroy(slot.read);
    }
    if (slot.memory != nullptr) cudaFreeHost(slot.memory);
  }
}

void Staging::copy(void* device, const void* host, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += slot_bytes) {
    Slot& slot = slots_[next_];
    next_ = (next_ + 1) % slots_.size();
    if (slot.memory == nullptr) check(cudaMallocHost(&slot.memory, slot_bytes), "reserving pinned memory");
    if (slot.read == nullptr) check(cudaEventCreateWithFlags(&slot.read, cudaEventDisableTiming), "making an event");
    else check(cudaEventSynchronize(slot.read), "waiting for a copy to the device");
    const std::size_t n = std::min(slot_bytes, bytes - at);
    std::memcpy(slot.memory, static_cast<const char*>(host) + at, n);
    check(cudaMemcpyAsync(static_cast<char*>(device) + at, slot.memory, n, cudaMemcpyHostToDevice, stream_), "copying to the device");
    check(cudaEventRecord(slot.read, stream_), "recording an event");
  }
}

}  // namespace strata::cuda
