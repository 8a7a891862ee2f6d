#include "backend/cuda/inlet.h"

#include <algorithm>

#include "backend/cuda/status.h"

namespace strata::cuda {

PinnedInlet::PinnedInlet(cudaStream_t calls, cudaStream_t copies, std::mutex& mutex, void* device, std::size_t bytes)
    : calls_(calls), copies_(copies), mutex_(mutex), device_(device) {
  try {
    check(cudaMallocHost(&host_, std::max<std::size_t>(bytes, 1)), "reserving pinned memory");
    check(cudaEventCreateWithFlags(&copied_, cudaEventDisableTiming), "making an event");
    check(cudaEventCreateWithFlags(&read_, cudaEventDisableTiming), "making an event");
    was_read();  // what was enqueued before, as the zeros of new memory, is no later than the first copy
  } catch (...) {
    clear();
    throw;
  }
}

PinnedInlet::~PinnedInlet() { clear(); }

void PinnedInlet::clear() {
  if (copied_ != nullptr) {
    cudaEventSynchronize(copied_);  // errors come where results are asked for
    cudaEventDestroy(copied_);
  }
  if (read_ != nullptr) cudaEventDestroy(read_);
  if (host_ != nullptr) cudaFreeHost(host_);
}

std::byte* PinnedInlet::host() {
  check(cudaEventSynchronize(copied_), "waiting for a copy to the device");
  return static_cast<std::byte*>(host_);
}

void PinnedInlet::send(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  check(cudaStreamWaitEvent(copies_, read_, 0), "ordering a copy behind a step");
  if (bytes > 0) check(cudaMemcpyAsync(device_, host_, bytes, cudaMemcpyHostToDevice, copies_), "copying to the device");
  check(cudaEventRecord(copied_, copies_), "recording an event");
  check(cudaStreamWaitEvent(calls_, copied_, 0), "ordering a step behind a copy");
}

void PinnedInlet::was_read() {
  const std::lock_guard lock(mutex_);
  check(cudaEventRecord(read_, calls_), "recording an event");
}

}  // namespace strata::cuda
