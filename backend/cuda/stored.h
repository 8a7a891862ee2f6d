// From a DType to the type of its elements in memory; arrays of floats whose type is looked at where they are read.
#pragma once

#include <string>

#include "backend/cuda/arithmetic.h"
#include "backend/cuda/maker.h"

namespace strata::cuda {

template <class S> struct Stored { using Type = S; };

// f(Stored<S>) for float32, bfloat16 and float16, which are computed in float32.
template <class F>
auto with_float(DType t, F f) {
  switch (t) {
    case DType::bfloat16: return f(Stored<BFloat16>());
    case DType::float16: return f(Stored<Float16>());
    default: return f(Stored<float>());
  }
}
inline bool is_float(DType t) { return t == DType::float32 || t == DType::bfloat16 || t == DType::float16; }
inline Declined not_float(DType t) { return {"it is " + std::string(text_of(t))}; }

struct Floats {
  const void* data;
  DType type;
  template <class Index>
  STRATA_INLINE float operator[](Index i) const {
    switch (type) {
      case DType::bfloat16: return load(static_cast<const BFloat16*>(data)[i]);
      case DType::float16: return load(static_cast<const Float16*>(data)[i]);
      default: return static_cast<const float*>(data)[i];
    }
  }
};
struct WritableFloats {
  void* data;
  DType type;
  template <class Index>
  STRATA_INLINE void set(Index i, float v) const {
    switch (type) {
      case DType::bfloat16: static_cast<BFloat16*>(data)[i] = store<BFloat16>(v); break;
      case DType::float16: static_cast<Float16*>(data)[i] = store<Float16>(v); break;
      default: static_cast<float*>(data)[i] = v; break;
    }
  }
};
struct Integers {
  const void* data;
  DType type;
  template <class Index>
  STRATA_INLINE std::int64_t operator[](Index i) const {
    switch (type) {
      case DType::int32: return static_cast<const int*>(data)[i];
      case DType::int64: return static_cast<const Int64*>(data)[i];
      default: return static_cast<const unsigned char*>(data)[i];
    }
  }
};

}  // namespace strata::cuda
