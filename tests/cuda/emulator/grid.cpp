// Threads of a block as contexts of one thread of the host. A context is made once and goes on with the next block's thread; to change
// between them asks nothing of the system (swapcontext does).
#include <csetjmp>
#include <ucontext.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/cuda/emulator/grid.h"

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
  jmp_buf at;
  std::unique_ptr<char[]> stack;
  bool done = false;
};

struct Block {
  std::vector<Thread> threads;
  unsigned size = 0;  // of `threads`, the first
  jmp_buf scheduler;
  unsigned current = 0;
  bool progressed = false;  // since the scheduler last looked
  Barrier all;
  std::vector<Barrier> warps;
  std::vector<unsigned> words;  // what threads exchange
  const std::function<void()>* thread = nullptr;
};
Block block;

void leave(Thread& t) {
  if (_setjmp(t.at) == 0) _longjmp(block.scheduler, 1);
}

void body() {
  for (;;) {
    (*block.thread)();
    Thread& t = block.threads[block.current];
    t.done = true;
    block.progressed = true;
    leave(t);
  }
}

void resume(Thread& t) {
  if (_setjmp(block.scheduler) != 0) return;
  if (t.stack) _longjmp(t.at, 1);
  t.stack = std::make_unique<char[]>(stack_bytes);
  ucontext_t first;
  getcontext(&first);
  first.uc_stack.ss_sp = t.stack.get();
  first.uc_stack.ss_size = stack_bytes;
  first.uc_link = nullptr;
  makecontext(&first, body, 0);
  setcontext(&first);
}

void wait(Barrier& barrier) {
  const unsigned generation = barrier.generation;
  block.progressed = true;
  if (++barrier.arrived == barrier.members) {
    barrier.arrived = 0;
    ++barrier.generation;
    return;
  }
  while (barrier.generation == generation) leave(block.threads[block.current]);
  block.progressed = true;
}

void run_block() {
  const unsigned n = block.size;
  block.all = {n};
  block.warps.assign((n + warp - 1) / warp, {});
  for (unsigned i = 0; i < n; ++i) {
    ++block.warps[i / warp].members;
    block.threads[i].done = false;
  }
  for (bool running = true; running;) {
    running = block.progressed = false;
    for (unsigned i = 0; i < n; ++i) {
      if (block.threads[i].done) continue;
      running = true;
      block.current = i;
      threadIdx = {i % blockDim.x, i / blockDim.x};
      resume(block.threads[i]);
    }
    if (running && !block.progressed) throw std::runtime_error("threads of a block wait for others that are done or elsewhere");
  }
}

}  // namespace

bool is_grid(dim3 grid, dim3 size) {
  return grid.x > 0 && grid.x <= 0x7FFFFFFFu && grid.y > 0 && grid.y <= 65535 && grid.z == 1 && size.x > 0 && size.y > 0 && size.z == 1 && size.x * size.y <= 1024;
}

void run_grid(dim3 grid, dim3 size, const std::function<void()>& thread) {
  block.size = size.x * size.y;
  if (block.threads.empty()) block.threads = std::vector<Thread>(1024);  // where they are is where their contexts go on
  block.words.resize(block.size);
  block.thread = &thread;
  gridDim = grid;
  blockDim = size;
  for (unsigned y = grid.y; y-- > 0;)  // a device promises no order
    for (unsigned x = grid.x; x-- > 0;) {
      blockIdx = {x, y};
      run_block();
    }
}

namespace {

unsigned exchanged(unsigned word, unsigned from) {
  Barrier& mine = block.warps[block.current / warp];
  const unsigned first = block.current / warp * warp;
  block.words[block.current] = word;
  wait(mine);
  const unsigned found = block.words[first + from];
  wait(mine);
  return found;
}

}  // namespace
}  // namespace strata::emulator

void __syncthreads() { strata::emulator::wait(strata::emulator::block.all); }
unsigned __shfl_down_sync(unsigned, unsigned word, unsigned distance) {
  const unsigned lane = strata::emulator::block.current % strata::emulator::warp;
  return strata::emulator::exchanged(word, lane + distance < strata::emulator::warp ? lane + distance : lane);
}
unsigned __shfl_sync(unsigned, unsigned word, int lane) { return strata::emulator::exchanged(word, static_cast<unsigned>(lane)); }
