// Memory, time and errors on the first CUDA device.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

namespace strata::ceilings {

void check(cudaError_t status, const char* what);  // std::runtime_error: what, and the library's own words
void check(cublasStatus_t status, const char* what);
void check(cudnnStatus_t status, const char* what);

std::string device_name();  // std::runtime_error where no device can be used

// The one stream that everything is enqueued on.
cudaStream_t stream();

class Memory {
 public:
  explicit Memory(std::size_t bytes);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { cudaFree(data_); }
  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_;
};

// Uniform numbers in [-1, 1), float32, bfloat16 or float16: a device multiplies zeros faster than numbers.
void fill(Memory& memory, cudaDataType_t type, unsigned seed);

void enqueue_nothing();                     // an empty kernel
void enqueue_a_wait(unsigned long long ns); // a block that waits so long by the device's own clock

// Microseconds of one call of `enqueue`: the least of seven tries, of five milliseconds at least, after the first calls.
double least_us(const std::function<void()>& enqueue);

}  // namespace strata::ceilings
