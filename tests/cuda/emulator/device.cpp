// Threads of a block as contexts of one thread of the host.
#include <cuda_runtime_api.h>
#include <ucontext.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "backend/cuda/status.h"

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace strata::emulator {
namespace {

constexpr unsigned warp = 32;
constexpr std::size_t stack_bytes = std::size_t{64} << 10;

// Those who wait until all have come.
struct Barrier {
  unsigned members = 0, arrived = 0, generation = 0;
};

struct Thread {
  ucontext_t context;
  std::unique_ptr<char[]> stack = std::make_unique<char[]>(stack_bytes);
  bool done = false;
};

struct Block {
  std::vector<Thread> threads;
  ucontext_t scheduler;
  unsigned current = 0;
  bool progressed = false;  // since the scheduler last looked
  Barrier all;
  std::vector<Barrier> warps;
  std::vector<unsigned> words;  // what threads exchange
  const std::function<void()>* thread = nullptr;
};
Block block;

void body() {
  (*block.thread)();
  block.threads[block.current].done = true;
  block.progressed = true;
}

void wait(Barrier& barrier) {
  const unsigned generation = barrier.generation;
  block.progressed = true;
  if (++barrier.arrived == barrier.members) {
    barrier.arrived = 0;
    ++barrier.generation;
    return;
  }
  while (barrier.generation == generation) swapcontext(&block.threads[block.current].context, &block.scheduler);
  block.progressed = true;
}

void run_block() {
  const auto n = static_cast<unsigned>(block.threads.size());
  block.all = {n};
  block.warps.assign((n + warp - 1) / warp, {});
  for (unsigned i = 0; i < n; ++i) {
    ++block.warps[i / warp].members;
    Thread& t = block.threads[i];
    t.done = false;
    getcontext(&t.context);
    t.context.uc_stack.ss_sp = t.stack.get();
    t.context.uc_stack.ss_size = stack_bytes;
    t.context.uc_link = &block.scheduler;
    makecontext(&t.context, body, 0);
  }
  for (bool running = true; running;) {
    running = block.progressed = false;
    for (unsigned i = 0; i < n; ++i) {
      if (block.threads[i].done) continue;
      running = true;
      block.current = i;
      threadIdx = {i};
      swapcontext(&block.scheduler, &block.threads[i].context);
    }
    if (running && !block.progressed) throw std::runtime_error("threads of a block wait for others that are done or elsewhere");
  }
}

}  // namespace

cudaError_t run_grid(dim3 grid, dim3 size, const std::function<void()>& thread) {
  if (grid.x == 0 || grid.x > 0x7FFFFFFFu || grid.y != 1 || grid.z != 1 || size.x == 0 || size.x > 1024 || size.y != 1 || size.z != 1) return cudaErrorInvalidConfiguration;
  block.threads.resize(size.x);
  block.words.resize(size.x);
  block.thread = &thread;
  gridDim = grid;
  blockDim = size;
  for (blockIdx = {0}; blockIdx.x < grid.x; ++blockIdx.x) run_block();
  return cudaSuccess;
}

unsigned exchanged(unsigned word, unsigned from) {
  Barrier& mine = block.warps[block.current / warp];
  const unsigned first = block.current / warp * warp;
  block.words[block.current] = word;
  wait(mine);
  const unsigned found = block.words[first + from];
  wait(mine);
  return found;
}

void wait_for_block() { wait(block.all); }

}  // namespace strata::emulator

void __syncthreads() { strata::emulator::wait_for_block(); }
unsigned __shfl_down_sync(unsigned, unsigned word, unsigned distance) {
  const unsigned lane = threadIdx.x % strata::emulator::warp;
  return strata::emulator::exchanged(word, lane + distance < strata::emulator::warp ? lane + distance : lane);
}
unsigned __shfl_sync(unsigned, unsigned word, int lane) { return strata::emulator::exchanged(word, static_cast<unsigned>(lane)); }

namespace strata::cuda {
void fail(cudaError_t, std::string_view what) { throw std::runtime_error("CUDA: " + std::string(what) + ": the grid is empty or too large"); }
}  // namespace strata::cuda
