// CUDA's runtime: memory, streams, events, captured graphs. One lock: a host thread that waits works the streams off.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "tests/cuda/emulator/device.h"
#include "tests/cuda/emulator/emulator.h"
#include "tests/cuda/emulator/grid.h"

using strata::emulator::Work;

// CUDA's opaque types.
struct CUevent_st {
  cudaStream_t stream = nullptr;
  std::uint64_t recorded = 0, reached = 0;  // how often
};
namespace {
struct Task {
  Work work;
  CUevent_st* reaches = nullptr;    // then there is no work
  CUevent_st* waits_for = nullptr;  // until it was reached `times` times
  std::uint64_t times = 0;
};
}  // namespace
struct CUgraph_st { std::vector<Work> work; };
struct CUgraphExec_st { std::vector<Work> work; };
struct CUstream_st {
  std::deque<Task> tasks;
  CUgraph_st* captured = nullptr;  // what is being captured
};

namespace strata::emulator {
namespace {

std::recursive_mutex mutex;
using Lock = std::lock_guard<std::recursive_mutex>;
using Blocks = std::map<const char*, std::size_t>;  // bytes by address
// Never destroyed: where the program knew its backends before it opened this library, they end after its statics.
std::set<cudaStream_t>& streams = *new std::set<cudaStream_t>;
Blocks &device_blocks = *new Blocks, &pinned_blocks = *new Blocks;
constexpr std::size_t enough = std::size_t{16} << 30;
std::size_t allocated = 0, memory = enough;
Counts counted;
cudaError_t failed = cudaSuccess;  // sticky, as on a device
cudaError_t last = cudaSuccess;

cudaError_t said(cudaError_t status) {
  if (status != cudaSuccess) last = status;
  return status;
}

// Whether [address, address + bytes) lies in a block.
bool lies_in(const Blocks& blocks, const void* address, std::size_t bytes) {
  const char* const begin = static_cast<const char*>(address);
  auto block = blocks.upper_bound(begin);
  if (block == blocks.begin()) return false;
  --block;
  return begin + bytes <= block->first + block->second;
}

void do_next(cudaStream_t stream) {
  const Task task = std::move(stream->tasks.front());
  stream->tasks.pop_front();
  if (task.reaches != nullptr) {
    ++task.reaches->reached;
  } else if (task.waits_for != nullptr) {
    while (task.waits_for->reached < task.times) do_next(task.waits_for->stream);
  } else if (failed == cudaSuccess) {
    try {
      task.work();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "what a device would not do: %s\n", e.what());
      failed = cudaErrorLaunchFailure;
    }
  }
}

void work_off(cudaStream_t stream) {
  while (!stream->tasks.empty()) do_next(stream);
}
void work_off_all() {
  for (cudaStream_t stream : streams) work_off(stream);
}
bool is_capturing() {
  for (const cudaStream_t stream : streams)
    if (stream->captured != nullptr) return true;
  return false;
}

cudaError_t put(cudaStream_t stream, Task task) {
  if (streams.count(stream) == 0) return said(cudaErrorInvalidResourceHandle);  // there is no legacy default stream here
  if (failed != cudaSuccess) return said(failed);
  if (stream->captured != nullptr) {
    if (!task.work) return said(cudaErrorStreamCaptureUnsupported);
    stream->captured->work.push_back(std::move(task.work));
  } else {
    stream->tasks.push_back(std::move(task));
  }
  return cudaSuccess;
}

}  // namespace

cudaError_t enqueue(cudaStream_t stream, Work work) {
  const Lock lock(mutex);
  return put(stream, {.work = [work = std::move(work)] {
    ++counted.kernels;
    work();
  }});
}

cudaError_t launch(cudaStream_t stream, dim3 grid, dim3 block, Work thread) {
  if (!is_grid(grid, block)) return said(cudaErrorInvalidConfiguration);
  return enqueue(stream, [=] { run_grid(grid, block, thread); });
}

}  // namespace strata::emulator

using namespace strata::emulator;

extern "C" {

__attribute__((visibility("default"))) void strata_emulator_counts(Counts* now) {
  const Lock lock(mutex);
  *now = counted;
}
__attribute__((visibility("default"))) void strata_emulator_memory(std::size_t bytes) {
  const Lock lock(mutex);
  memory = bytes == 0 ? enough : bytes;
}

cudaError_t cudaGetDeviceCount(int* count) { return *count = 1, cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int* version) { return *version = CUDART_VERSION, cudaSuccess; }
cudaError_t cudaDriverGetVersion(int* version) { return *version = CUDART_VERSION, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int) {
  *p = {};
  std::strcpy(p->name, "a host that stands for a device");
  p->totalGlobalMem = enough;
  p->major = 8;
  p->multiProcessorCount = 1;  // few blocks, so that they stride
  p->sharedMemPerBlockOptin = std::size_t{160} << 10;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return std::exchange(last, cudaSuccess); }
const char* cudaGetErrorName(cudaError_t status) { return status == cudaErrorLaunchFailure ? "cudaErrorLaunchFailure" : "cudaError"; }
const char* cudaGetErrorString(cudaError_t status) {
  switch (status) {
    case cudaErrorLaunchFailure: return "a kernel failed";
    case cudaErrorInvalidConfiguration: return "no device takes such a grid";
    case cudaErrorInvalidResourceHandle: return "no such stream";
    case cudaErrorStreamCaptureUnsupported: return "not while a stream is captured";
    case cudaErrorInvalidValue: return "an argument is none";
    default: return "error";
  }
}

// --- memory ------------------------------------------------------------------------------------------------------------------

cudaError_t cudaMalloc(void** address, std::size_t bytes) {
  const Lock lock(mutex);
  if (is_capturing()) return said(cudaErrorStreamCaptureUnsupported);
  if (bytes > memory - std::min(memory, allocated)) return said(cudaErrorMemoryAllocation);
  // Of exactly this size, so that a sanitizer sees what goes beyond it.
  if (posix_memalign(address, 256, bytes) != 0) return said(cudaErrorMemoryAllocation);
  std::memset(*address, 0x7F, bytes);
  allocated += bytes;
  device_blocks[static_cast<const char*>(*address)] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* address) {
  const Lock lock(mutex);
  if (address == nullptr) return cudaSuccess;
  work_off_all();
  const auto block = device_blocks.find(static_cast<const char*>(address));
  if (block == device_blocks.end()) return said(cudaErrorInvalidValue);
  allocated -= block->second;
  std::memset(address, 0x7F, block->second);
  device_blocks.erase(block);
  std::free(address);
  return said(failed);
}
cudaError_t cudaMallocHost(void** address, std::size_t bytes) {
  const Lock lock(mutex);
  *address = std::malloc(bytes);
  pinned_blocks[static_cast<const char*>(*address)] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* address) {
  const Lock lock(mutex);
  work_off_all();
  pinned_blocks.erase(static_cast<const char*>(address));
  std::free(address);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* all) {
  const Lock lock(mutex);
  *all = memory;
  *free = *all - std::min(*all, allocated);
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  const Lock lock(mutex);
  if (!lies_in(device_blocks, to, bytes)) return said(cudaErrorInvalidValue);
  return put(stream, {.work = [=] {
    ++counted.kernels;
    std::memset(to, value, bytes);
  }});
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const Lock lock(mutex);
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice, to_device = kind != cudaMemcpyDeviceToHost;
  if ((from_device && !lies_in(device_blocks, from, bytes)) || (to_device && !lies_in(device_blocks, to, bytes))) return said(cudaErrorInvalidValue);
  if (kind == cudaMemcpyHostToDevice && !lies_in(pinned_blocks, from, bytes)) {  // which goes through a buffer of the driver's
    const char* const begin = static_cast<const char*>(from);
    return put(stream, {.work = [to, taken = std::vector<char>(begin, begin + bytes)] { std::memcpy(to, taken.data(), taken.size()); }});
  }
  const cudaError_t status = put(stream, {.work = [=] {
    if (kind == cudaMemcpyDeviceToDevice) ++counted.kernels;
    std::memcpy(to, from, bytes);
  }});
  if (status != cudaSuccess || kind != cudaMemcpyDeviceToHost || lies_in(pinned_blocks, to, bytes)) return status;
  return cudaStreamSynchronize(stream);
}

// --- streams and events --------------------------------------------------------------------------------------------------------

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const Lock lock(mutex);
  streams.insert(*stream = new CUstream_st);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Lock lock(mutex);
  work_off(stream);
  streams.erase(stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const Lock lock(mutex);
  if (stream->captured != nullptr) return said(cudaErrorStreamCaptureUnsupported);
  ++counted.waits;
  work_off(stream);
  return said(failed);
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return *event = new CUevent_st, cudaSuccess; }
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const Lock lock(mutex);
  work_off_all();
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const Lock lock(mutex);
  const cudaError_t status = put(stream, {.work = {}, .reaches = event});
  if (status != cudaSuccess) return status;
  event->stream = stream;
  ++event->recorded;
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const Lock lock(mutex);
  return event->recorded == 0 ? cudaSuccess : put(stream, {.work = {}, .waits_for = event, .times = event->recorded});
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const Lock lock(mutex);
  while (event->reached < event->recorded) do_next(event->stream);
  return said(failed);
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) { return *milliseconds = 0, cudaSuccess; }
cudaError_t cudaDeviceSynchronize() {
  const Lock lock(mutex);
  work_off_all();
  return said(failed);
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  const Lock lock(mutex);
  return event->reached < event->recorded ? cudaErrorNotReady : said(failed);
}

// --- graphs --------------------------------------------------------------------------------------------------------------------

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const Lock lock(mutex);
  if (stream->captured != nullptr) return said(cudaErrorStreamCaptureUnsupported);
  stream->captured = new CUgraph_st;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const Lock lock(mutex);
  *graph = std::exchange(stream->captured, nullptr);
  return *graph == nullptr ? said(cudaErrorInvalidValue) : cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  return *made = new CUgraphExec_st{graph->work}, cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  const Lock lock(mutex);
  ++counted.graph_launches;
  return put(stream, {.work = [graph] {
    for (const Work& w : graph->work) w();
  }});
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  const Lock lock(mutex);
  work_off_all();
  delete graph;
  return cudaSuccess;
}

}  // extern "C"
