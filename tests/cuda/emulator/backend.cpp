#include "tests/cuda/emulator/backend.h"

#include <cstdlib>
#include <cstring>

#include "backend/cuda/own_kernels.h"

// The sources themselves.
#include "backend/cuda/normalization.cu"
#include "backend/cuda/pooling.cu"
#include "backend/cuda/random.cu"
#include "backend/cuda/reduction.cu"
#include "backend/cuda/softmax.cu"

namespace strata {
namespace {

class Emulated final : public Backend {
 public:
  std::string name() const override { return "cuda"; }
  std::string description() const override { return "a host that stands for a device"; }
  bool uses_host_memory() const override { return true; }

  // Of exactly this size, so that a sanitizer sees what goes beyond it.
  void* allocate(std::size_t bytes) override {
    void* memory = nullptr;
    if (posix_memalign(&memory, 256, bytes > 0 ? bytes : 1) != 0) return nullptr;
    std::memset(memory, 0, bytes);
    return memory;
  }
  void release(void* memory, std::size_t) override { std::free(memory); }
  void copy_in(void* device, const void* host, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(device, host, bytes);
  }
  void copy_out(void* host, const void* device, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(host, device, bytes);
  }

  std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) override {
    std::vector<Candidate> found;
    const int at = cuda::anchor_of(region);
    for (const cuda::Anchor& row : cuda::own_kernels())
      if (at >= 0 && row.op == region.ops[static_cast<std::size_t>(at)].name)
        for (const cuda::Named& kernel : row.makers) {
          cuda::Answer answer = kernel.maker(region, machine_);
          if (auto* declined = std::get_if<cuda::Declined>(&answer)) refusals.push_back({std::string(kernel.kernel), std::move(declined->reason)});
          else found.push_back(std::move(std::get<Candidate>(answer)));
        }
    if (found.empty() && refusals.empty()) refusals.push_back({"cuda", "it is none of Strata's own kernels"});
    return found;
  }
  void run(std::span<const std::unique_ptr<Call>> calls) override {
    for (const auto& call : calls) call->run();
  }
  void synchronize() override {}

 private:
  cuda::Machine machine_{.capability = 80, .processors = 1};  // few blocks, so that they stride
};

}  // namespace

std::unique_ptr<Backend> emulated_cuda() { return std::make_unique<Emulated>(); }
std::vector<std::string> ops_of_own_kernels() {
  std::vector<std::string> ops;
  for (const cuda::Anchor& row : cuda::own_kernels()) ops.emplace_back(row.op);
  return ops;
}

}  // namespace strata
