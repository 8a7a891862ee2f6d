// Host memory to the device without a wait: pinned slots that the stream reads while the host goes on.
#pragma once

#include <array>
#include <cstddef>

#include <cuda_runtime_api.h>

namespace strata::cuda {

class Staging {
 public:
  explicit Staging(cudaStream_t stream) : stream_(stream) {}
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging();

  // Enqueued; `host` may be written over when it returns.
  void copy(void* device, const void* host, std::size_t bytes);

 private:
  struct Slot {
    void* memory = nullptr;
    cudaEvent_t read = nullptr;  // recorded behind the copy out of it
  };
  static constexpr std::size_t slot_bytes = std::size_t{4} << 20;

  cudaStream_t stream_;
  std::array<Slot, 4> slots_{};
  std::size_t next_ = 0;
};

}  // namespace strata::cuda
