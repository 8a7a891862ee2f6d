// The CUDA backend: for every anchor a list of kernel makers, best first.
#include <memory>
#include <mutex>
#include <stdexcept>

#include <fmt/format.h>

#include "backend/cuda/inlet.h"
#include "backend/cuda/libraries.h"
#include "backend/cuda/maker.h"
#include "backend/cuda/sequence.h"
#include "backend/cuda/staging.h"
#include "backend/cuda/status.h"

namespace strata::cuda {
namespace {

std::vector<Anchors::value_type::Kernel> gemm_kernels(bool take_along) {
  return {{"gemm_cublaslt", gemm_cublaslt<0>, take_along},
          {"gemm_cublaslt", gemm_cublaslt<1>, take_along},
          {"gemm_cublaslt", gemm_cublaslt<2>, take_along},
          {"gemm_cublaslt", gemm_cublaslt<3>, take_along}};
}

const Anchors& anchors() {
  static const Anchors list = {
      {"", {{"pointwise", pointwise}}},
      {"matmul", gemm_kernels(true)},
      {"matmul_relu", gemm_kernels(false)},
      {"matmul_gated", gemm_kernels(false)},
      {"convolution", {{"convolution_cudnn", convolution_cudnn}}},
      {"convolution_input_gradient", {{"convolution_cudnn", convolution_input_gradient_cudnn}}},
      {"convolution_kernel_gradient", {{"convolution_cudnn", convolution_kernel_gradient_cudnn}}},
      {"attention", {{"attention_cudnn", attention_cudnn}}},
      {"attention_gradient", {{"attention_cudnn", attention_gradient_cudnn}}},
      {"lstm", {{"lstm_cudnn", lstm_cudnn}}},
      {"lstm_gradient", {{"lstm_cudnn", lstm_gradient_cudnn}}},
      {"copy", {{"copy", copy}}},
      {"broadcast_to", {{"broadcast", broadcast}}},
      {"transpose", {{"transpose", transpose, true}}},
      {"slice", {{"slice", slice}}},
      {"slice_gradient", {{"slice", slice_gradient}}},
      {"pad", {{"pad", pad}}},
      {"reverse", {{"reverse", reverse}}},
      {"concatenate", {{"concatenate", concatenate}}},
      {"pack", {{"pack", pack}}},
      {"iota", {{"iota", iota}}},
      {"gather", {{"gather", gather}}},
      {"embedding", {{"gather", gather}}},
      {"scatter_add", {{"scatter", scatter_add}}},
      {"embedding_gradient", {{"scatter", scatter_add}}},
      {"reduce_sum", {{"reduction", reduction}}},
      {"reduce_max", {{"reduction", reduction}}},
      {"reduce_min", {{"reduction", reduction}}},
      {"argmax", {{"argmax", index_of_extreme}}},
      {"argmin", {{"argmin", index_of_extreme}}},
      {"softmax", {{"softmax", softmax}}},
      {"log_softmax", {{"softmax", softmax}}},
      {"softmax_gradient", {{"softmax", softmax_gradient}}},
      {"log_softmax_gradient", {{"softmax", softmax_gradient}}},
      {"sparse_softmax_cross_entropy", {{"cross_entropy", cross_entropy}}},
      {"softmax_cross_entropy", {{"cross_entropy", cross_entropy}}},
      {"sparse_softmax_cross_entropy_gradient", {{"cross_entropy", cross_entropy_gradient}}},
      {"softmax_cross_entropy_gradient", {{"cross_entropy", cross_entropy_gradient}}},
      {"batch_norm", {{"normalization", batch_norm}, {"normalization_cudnn", batch_norm_cudnn}}},
      {"batch_norm_gradient", {{"normalization", batch_norm_gradient}, {"normalization_cudnn", batch_norm_gradient_cudnn}}},
      {"layer_norm", {{"normalization", layer_norm}}},
      {"layer_norm_gradient", {{"normalization", layer_norm_gradient}}},
      {"max_pool", {{"pooling", max_pool}}},
      {"max_pool_gradient", {{"pooling", max_pool_gradient}}},
      {"average_pool", {{"pooling", average_pool}}},
      {"average_pool_gradient", {{"pooling", average_pool_gradient}}},
      {"random_uniform", {{"random", random}}},
      {"random_normal", {{"random", random}}},
      {"dropout", {{"random", dropout}}},
  };
  return list;
}

std::string_view said_of(const Machine& machine) { return machine.tensor_float32 ? ", TF32" : ""; }

struct Stream {
  Stream() { check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream"); }
  Stream(const Stream&) = delete;
  ~Stream() { cudaStreamDestroy(stream); }
  cudaStream_t stream = nullptr;
};

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(const BackendOptions& options)
      : stream_(std::make_unique<Stream>()), copies_(std::make_unique<Stream>()), libraries_(stream_->stream), staging_(stream_->stream) {
    cudaDeviceProp device{};
    check(cudaGetDeviceProperties(&device, 0), "asking for the device's properties");
    int runtime = 0, driver = 0;
    check(cudaRuntimeGetVersion(&runtime), "asking for the runtime's version");
    check(cudaDriverGetVersion(&driver), "asking for the driver's version");
    machine_ = {.stream = stream_->stream,
                .capability = 10 * device.major + device.minor,
                .processors = device.multiProcessorCount,
                .shared_bytes = device.sharedMemPerBlockOptin,
                .reproducible = options.reproducible,
                .tensor_float32 = options.tensor_float32,
                .libraries = &libraries_};
    machine_.arrivals = static_cast<unsigned*>(allocate(sizeof(unsigned) * arrival_counters));
    if (machine_.arrivals == nullptr) throw std::runtime_error(fmt::format("CUDA: {} has no memory left", device.name));
    const auto version = [](int number) { return fmt::format("{}.{}", number / 1000, number % 1000 / 10); };
    description_ = fmt::format("{}, {:.0f} GiB, compute capability {}.{}, CUDA {} (driver {}), cuBLASLt, cuDNN {}.{}{}", device.name,
                               static_cast<double>(device.totalGlobalMem) / (1 << 30), device.major, device.minor, version(runtime), version(driver),
                               cudnnGetVersion() / 10000, cudnnGetVersion() % 10000 / 100, said_of(machine_));
  }
  ~CudaBackend() override {
    cudaStreamSynchronize(copies_->stream);
    cudaStreamSynchronize(machine_.stream);
    cudaFree(machine_.arrivals);
  }

  std::string name() const override { return "cuda"; }
  std::string description() const override { return description_; }
  bool uses_host_memory() const override { return false; }
  bool wants_filters_first() const override { return true; }

  void* allocate(std::size_t bytes) override {
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes > 0 ? bytes : 1);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      return nullptr;
    }
    check(status, "reserving memory");
    const std::lock_guard lock(mutex_);
    check(cudaMemsetAsync(memory, 0, bytes, machine_.stream), "clearing memory");
    return memory;
  }
  void release(void* memory, std::size_t) override {
    cudaFree(memory);  // waits for what uses it. Its errors are those of an earlier call, which come where results are asked for
  }
  void copy_in(void* device, const void* host, std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    staging_.copy(device, host, bytes);
  }
  void copy_out(void* host, const void* device, std::size_t bytes) override {
    {
      const std::lock_guard lock(mutex_);
      if (bytes > 0) check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, machine_.stream), "copying from the device");
    }
    synchronize();
  }
  std::unique_ptr<Inlet> inlet(void* device, std::size_t bytes) override {
    return std::make_unique<PinnedInlet>(machine_.stream, copies_->stream, mutex_, device, bytes);
  }

  std::optional<std::size_t> free_bytes() override {
    std::size_t free = 0, all = 0;
    check(cudaMemGetInfo(&free, &all), "asking for free memory");
    return free;
  }

  std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) override {
    return candidates_of(region, machine_, anchors(), "cuda", refusals);
  }

  void run(std::span<const std::unique_ptr<Call>> calls) override {
    const std::lock_guard lock(mutex_);
    for (const auto& call : calls) call->run();
  }
  std::unique_ptr<Call> sequence(std::span<const std::unique_ptr<Call>> calls) override {
    return std::make_unique<CapturedSequence>(machine_.stream, mutex_, calls);
  }
  void synchronize() override { check(cudaStreamSynchronize(machine_.stream), "running a step"); }

 private:
  std::unique_ptr<Stream> stream_;  // on which everything runs
  std::unique_ptr<Stream> copies_;  // but what inlets copy
  Libraries libraries_;
  Staging staging_;
  std::mutex mutex_;  // the stream's
  Machine machine_;
  std::string description_;
};

// The makers' answers for a device that is not there: what they choose and compile can be seen, nothing runs.
class Planner final : public Backend {
 public:
  Planner(int capability, bool tensor_float32) {
    machine_.capability = capability;
    machine_.tensor_float32 = tensor_float32;
    machine_.processors = 108;
    machine_.shared_bytes = std::size_t{160} << 10;
  }
  std::string name() const override { return "cuda"; }
  std::string description() const override { return fmt::format("no device, kernels for compute capability {}.{}{}", machine_.capability / 10, machine_.capability % 10, said_of(machine_)); }
  bool uses_host_memory() const override { return false; }
  bool wants_filters_first() const override { return true; }
  void* allocate(std::size_t) override { return nullptr; }
  void release(void*, std::size_t) override {}
  void copy_in(void*, const void*, std::size_t) override { nothing_runs(); }
  void copy_out(void*, const void*, std::size_t) override { nothing_runs(); }
  std::vector<Candidate> candidates(const Region& region, std::vector<Refusal>& refusals) override {
    return candidates_of(region, machine_, anchors(), "cuda", refusals);
  }
  void run(std::span<const std::unique_ptr<Call>>) override { nothing_runs(); }
  void synchronize() override {}

 private:
  [[noreturn]] static void nothing_runs() { throw std::runtime_error("there is no device: this backend only plans"); }
  Machine machine_;
};

}  // namespace
}  // namespace strata::cuda

extern "C" __attribute__((visibility("default"))) strata::Backend* strata_backend(const strata::BackendOptions& options) {
  return new strata::cuda::CudaBackend(options);
}

// For tests on machines without a device.
extern "C" __attribute__((visibility("default"))) strata::Backend* strata_cuda_planner(int capability, bool tensor_float32) {
  return new strata::cuda::Planner(capability, tensor_float32);
}
