// One product of cuBLASLt's, d (m, n) = op(a) op(b), column-major as it has them, with its best algorithm.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "benchmarks/ceilings/device.h"

namespace strata::ceilings {

enum class Precision { float32, tf32, bf16 };
inline constexpr Precision precisions[] = {Precision::float32, Precision::tf32, Precision::bf16};
inline const char* name_of(Precision p) { return p == Precision::float32 ? "float32" : p == Precision::tf32 ? "tf32" : "bf16"; }

struct Product {
  int m, n, k;
  Precision precision = Precision::float32;
  bool transpose_a = false, transpose_b = false;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
};

// Microseconds by the fastest of the heuristic's candidates, each of which is timed; none where it has no candidate.
std::optional<double> product_us(const Product& product);

}  // namespace strata::ceilings
