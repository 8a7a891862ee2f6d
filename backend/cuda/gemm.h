// What a matmul of the op table is to a gemm library: c = op(a) op(b) on row-major matrices, in batches whose matrices lie at
// equal distances, the batches in loops.
#pragma once

#include <optional>

#include "backend/region.h"

namespace strata::cuda {

struct Gemm {
  std::int64_t batch = 1, m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  std::int64_t stride_a = 0, stride_b = 0;  // from one matrix of the batch to the next; 0: the same for all
  // Axes around the batch, outermost first; steps in elements of a and b.
  struct Loop { std::int64_t size, a, b; };
  std::vector<Loop> loops = {};

  std::int64_t batches() const {
    std::int64_t n_batches = 1;
    for (const Loop& l : loops) n_batches *= l.size;
    return n_batches;
  }
  // Where batch `index` begins in a and in b. In c: index * batch * m * n.
  std::pair<std::int64_t, std::int64_t> begin(std::int64_t index) const {
    std::int64_t a = 0, b = 0;
    for (std::size_t i = loops.size(); i-- > 0;) {
      a += index % loops[i].size * loops[i].a;
      b += index % loops[i].size * loops[i].b;
      index /= loops[i].size;
    }
    return {a, b};
  }
  std::int64_t lda() const { return transpose_a ? m : k; }
  std::int64_t ldb() const { return transpose_b ? k : n; }
};

Gemm gemm_of(const Region& region);

// The sum that a product takes along, where it is that of an operand over the product's terms: of op(a) m numbers, of op(b) n. The
// gradient of a bias is one, along with the gradient of its kernel.
struct SumOfTerms {
  int operand;  // 0: a, 1: b
  int output;   // of the region
};
std::optional<SumOfTerms> sum_of_terms(const Region& region, const Gemm& g);

}  // namespace strata::cuda
