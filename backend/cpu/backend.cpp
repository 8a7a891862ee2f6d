// The CPU backend: for every anchor a list of kernel makers, best first.
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>

#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>

#include "backend/cpu/maker.h"
#include "backend/cpu/parallel.h"

namespace strata::cpu {
namespace {

const std::vector<Anchor<Machine>>& anchors() {
  static const std::vector<Anchor<Machine>> list = {
      {"", {{"pointwise", pointwise_region}}},
      {"matmul",
       {
#ifdef STRATA_HAS_ONEDNN
           {"gemm_onednn", gemm_onednn},
#endif
           {"gemm_blas", gemm_blas},
       }},
#ifdef STRATA_HAS_ONEDNN
      {"convolution", {{"convolution_onednn", convolution_onednn}}},
      {"convolution_input_gradient", {{"convolution_onednn", convolution_input_gradient_onednn}}},
      {"convolution_kernel_gradient", {{"convolution_onednn", convolution_kernel_gradient_onednn}}},
#endif
#ifdef STRATA_HAS_ONEDNN
      {"attention", {{"attention_onednn", attention_onednn}}},
      {"attention_gradient", {{"attention_onednn", attention_gradient_onednn}}},
      {"lstm", {{"lstm_onednn", lstm_onednn}}},
      {"lstm_gradient", {{"lstm_onednn", lstm_gradient_onednn}}},
#endif
      {"max_pool", {{"pooling", max_pool}}},
      {"max_pool_gradient", {{"pooling", max_pool_gradient}}},
      {"average_pool", {{"pooling", average_pool}}},
      {"average_pool_gradient", {{"pooling", average_pool_gradient}}},
      {"batch_norm", {{"normalization", batch_norm}}},
      {"batch_norm_gradient", {{"normalization", batch_norm_gradient}}},
      {"layer_norm", {{"normalization", layer_norm}}},
      {"layer_norm_gradient", {{"normalization", layer_norm_gradient}}},
      {"random_uniform", {{"random", random}}},
      {"random_normal", {{"random", random}}},
      {"dropout", {{"random", dropout}}},
      {"reduce_sum", {{"reduction", reduction}}},
      {"reduce_max", {{"reduction", reduction}}},
      {"argmax", {{"argmax", index_of_extreme}}},
      {"softmax", {{"softmax", softmax}}},
      {"log_softmax", {{"softmax", softmax}}},
      {"softmax_gradient", {{"softmax", softmax_gradient}}},
      {"log_softmax_gradient", {{"softmax", softmax_gradient}}},
      {"sparse_softmax_cross_entropy", {{"cross_entropy", cross_entropy}}},
      {"softmax_cross_entropy", {{"cross_entropy", cross_entropy}}},
      {"sparse_softmax_cross_entropy_gradient", {{"cross_entropy", cross_entropy_gradient}}},
      {"softmax_cross_entropy_gradient", {{"cross_entropy", cross_entropy_gradient}}},
      {"copy", {{"copy", copy}}},
      {"broadcast_to", {{"broadcast", broadcast}}},
      {"transpose", {{"transpose", transpose}}},
      {"slice", {{"slice", slice}}},
      {"slice_gradient", {{"slice", slice_gradient}}},
      {"pad", {{"pad", pad}}},
      {"reverse", {{"reverse", reverse}}},
      {"iota", {{"iota", iota}}},
      {"concatenate", {{"concatenate", concatenate}}},
      {"pack", {{"pack", pack}}},
      {"gather", {{"gather", gather}}},
      {"embedding", {{"gather", gather}}},
      {"scatter_add", {{"scatter", scatter_add}}},
      {"embedding_gradient", {{"scatter", scatter_add}}},
  };
  return list;
}

int allowed_cores() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(CPU_COUNT(&set), 1) : 1;
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos) return line.substr(line.find(": ") + 2);
  return "x86-64";
}

// oneDNN's primitives compute nonsense where they get fewer threads than they are made for: OMP_THREAD_LIMIT counts here, and
// Settings turns OMP_DYNAMIC off.
int thread_count(int wanted) { return std::min(wanted > 0 ? wanted : allowed_cores(), omp_get_thread_limit()); }

// The thread's number of OpenMP threads and its treatment of subnormals while it runs or prepares kernels.
class Settings {
 public:
  enum Subnormals { keep, flush };
  Settings(int threads, Subnormals subnormals) : threads_(omp_get_max_threads()), control_(_mm_getcsr()) {
    omp_set_dynamic(0);
    omp_set_num_threads(threads);
    if (subnormals == flush) flush_subnormals();
    // Workers stay what they are set to; every thread that runs kernels has workers of its own.
    static thread_local int ready = 0;
    if (ready < threads) {
      ready = threads;
#pragma omp parallel num_threads(threads)
      if (omp_get_thread_num() > 0) flush_subnormals();
    }
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  ~Settings() {
    omp_set_num_threads(threads_);
    _mm_setcsr(control_);
  }

 private:
  int threads_;
  unsigned control_;
};

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(const BackendOptions& options)
      : machine_{&best_tiles(), thread_count(options.threads), options.reproducible} {}

  std::string name() const override { return "cpu"; }
  std::string description() const override {
    return fmt::format("{}, {} thread{}, {}, {}", processor(), machine_.threads, machine_.threads == 1 ? "" : "s", machine_.tiles->isa,
#ifdef STRATA_HAS_ONEDNN
                       "oneDNN"
#else
                       "no oneDNN"
#endif
    );
  }
  bool uses_host_memory() const override { return true; }

  void* allocate(std::size_t bytes) override {
    constexpr std::size_t huge = std::size_t{2} << 20;
    const std::size_t alignment = bytes >= 2 * huge ? huge : 64;
    void* memory = std::aligned_alloc(alignment, (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment);
    if (memory == nullptr) return nullptr;
    if (bytes >= 2 * huge) madvise(memory, bytes, MADV_HUGEPAGE);
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
    const Settings settings(machine_.threads, Settings::keep);  // oneDNN's primitives keep the number of threads they are made with; see append_relu
    std::vector<Candidate> found = candidates_of(region, machine_, anchors(), "cpu", refusals);
    for (Candidate& candidate : found)
      candidate.prepare = [prepare = std::move(candidate.prepare), threads = machine_.threads] {
        const Settings settings(threads, Settings::keep);
        return prepare();
      };
    return found;
  }

  void run(std::span<const std::unique_ptr<Call>> calls) override {
    const Settings settings(machine_.threads, Settings::flush);
    for (const auto& call : calls) call->run();
  }
  void synchronize() override {}

 private:
  Machine machine_;
};

}  // namespace

// STRATA_CPU_ISA (v2, v3, v4) takes a lesser set than the best: for tests, and to compare machines.
const Tiles& best_tiles() {
  __builtin_cpu_init();
  const bool has_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
  const char* wanted = std::getenv("STRATA_CPU_ISA");
  const std::string_view most = wanted != nullptr ? wanted : "v4";
  if (has_v4 && most == "v4") return v4::tiles;
  if (has_v3 && most != "v2") return v3::tiles;
  return v2::tiles;
}

}  // namespace strata::cpu

extern "C" __attribute__((visibility("default"))) strata::Backend* strata_backend(const strata::BackendOptions& options) {
  return new strata::cpu::CpuBackend(options);
}
