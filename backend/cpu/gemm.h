// What a matmul of the op table is to a gemm kernel: c = op(a) op(b) on row-major matrices, `batch` times.
#pragma once

#include "backend/cpu/maker.h"

namespace strata::cpu {

struct Gemm {
  std::int64_t batch, m, n, k;
  bool transpose_a, transpose_b;
  std::int64_t stride_a, stride_b;  // from one matrix of the batch to the next; 0: the same for all

  std::int64_t lda() const { return transpose_a ? m : k; }
  std::int64_t ldb() const { return transpose_b ? k : n; }
};

// Leading axes must be equal, or one operand must have a single matrix.
std::variant<Gemm, Declined> gemm_of(const Region& region);

}  // namespace strata::cpu
