// Elements of NVIDIA's libraries' arrays as doubles.
#pragma once

#include <cstring>
#include <stdexcept>

#include <cudnn.h>
#include <library_types.h>

#include "backend/cuda/arithmetic.h"

namespace strata::emulator {

enum class Element { float32, float64, bfloat16, float16 };

inline std::size_t size_of(Element e) { return e == Element::float64 ? 8 : e == Element::float32 ? 4 : 2; }
inline double read(Element e, const void* data, std::int64_t i) {
  switch (e) {
    case Element::float32: return static_cast<const float*>(data)[i];
    case Element::float64: return static_cast<const double*>(data)[i];
    case Element::bfloat16: return cuda::load(static_cast<const cuda::BFloat16*>(data)[i]);
    default: return cuda::load(static_cast<const cuda::Float16*>(data)[i]);
  }
}
inline void write(Element e, void* data, std::int64_t i, double x) {
  switch (e) {
    case Element::float32: static_cast<float*>(data)[i] = static_cast<float>(x); break;
    case Element::float64: static_cast<double*>(data)[i] = x; break;
    case Element::bfloat16: static_cast<cuda::BFloat16*>(data)[i] = cuda::store<cuda::BFloat16>(static_cast<float>(x)); break;
    default: static_cast<cuda::Float16*>(data)[i] = cuda::store<cuda::Float16>(static_cast<float>(x)); break;
  }
}
// 10 bits of mantissa, rounded to nearest, ties away from zero.
inline double in_tf32(double x) {
  float f = static_cast<float>(x);
  unsigned bits;
  std::memcpy(&bits, &f, sizeof bits);
  if ((bits >> 23 & 0xFF) == 0xFF) return x;
  bits = (bits + 0x1000) & ~0x1FFFu;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}

inline Element element_of(cudaDataType_t t) {
  switch (t) {
    case CUDA_R_32F: return Element::float32;
    case CUDA_R_64F: return Element::float64;
    case CUDA_R_16BF: return Element::bfloat16;
    case CUDA_R_16F: return Element::float16;
    default: throw std::runtime_error("cuBLASLt: elements of another type");
  }
}
inline Element element_of(cudnnDataType_t t) {
  switch (t) {
    case CUDNN_DATA_FLOAT: return Element::float32;
    case CUDNN_DATA_DOUBLE: return Element::float64;
    case CUDNN_DATA_BFLOAT16: return Element::bfloat16;
    case CUDNN_DATA_HALF: return Element::float16;
    case CUDNN_DATA_INT32: case CUDNN_DATA_BOOLEAN: return Element::float64;  // between operations only
    default: throw std::runtime_error("cuDNN: elements of another type");
  }
}

}  // namespace strata::emulator
