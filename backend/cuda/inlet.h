// A part of the device's memory that the host fills through pinned memory of the same size, copied on a stream of copies: a batch
// comes while the device works on the one before. Two events are all of the order: the copies wait until what they write over was
// read, the calls wait for the copies.
#pragma once

#include <cstddef>
#include <mutex>

#include <cuda_runtime_api.h>

#include "backend/backend.h"

namespace strata::cuda {

class PinnedInlet final : public Inlet {
 public:
  // `mutex` is held whenever something is enqueued on `calls`.
  PinnedInlet(cudaStream_t calls, cudaStream_t copies, std::mutex& mutex, void* device, std::size_t bytes);
  PinnedInlet(const PinnedInlet&) = delete;
  PinnedInlet& operator=(const PinnedInlet&) = delete;
  ~PinnedInlet() override;

  std::byte* host() override;
  void send(std::size_t bytes) override;
  void was_read() override;

 private:
  void clear();

  cudaStream_t calls_, copies_;
  std::mutex& mutex_;
  void* device_;
  void* host_ = nullptr;
  cudaEvent_t copied_ = nullptr, read_ = nullptr;
};

}  // namespace strata::cuda
