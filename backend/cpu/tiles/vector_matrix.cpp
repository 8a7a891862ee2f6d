// One row by a matrix: a pass over the matrix.
#include "backend/cpu/tiles/loops.h"
#include "backend/cpu/tiles/vector.h"

namespace strata::cpu::STRATA_ISA {

void vector_by_columns(const float* a, const float* b, std::int64_t k, std::int64_t columns, std::int64_t stride, float beta, float* c) {
  std::int64_t j = 0;
  for (; j + 4 * lanes <= columns; j += 4 * lanes) {
    Lanes s0{}, s1{}, s2{}, s3{};
    for (std::int64_t i = 0; i < k; ++i) {
      const float* row = b + i * stride + j;
      s0 += a[i] * load(row);
      s1 += a[i] * load(row + lanes);
      s2 += a[i] * load(row + 2 * lanes);
      s3 += a[i] * load(row + 3 * lanes);
    }
    if (beta != 0.0f) {
      s0 += beta * load(c + j);
      s1 += beta * load(c + j + lanes);
      s2 += beta * load(c + j + 2 * lanes);
      s3 += beta * load(c + j + 3 * lanes);
    }
    store(c + j, s0);
    store(c + j + lanes, s1);
    store(c + j + 2 * lanes, s2);
    store(c + j + 3 * lanes, s3);
  }
  // The columns left, in four sums: rows are loaded whole as long as what follows them is still the matrix.
  for (; j < columns; j += lanes) {
    const std::int64_t n = columns - j < lanes ? columns - j : lanes, room = (k - 1) * stride + columns - j - lanes;
    const std::int64_t whole = n == lanes ? k : room < 0 ? 0 : room / stride + 1;
    const float* column = b + j;
    Lanes s[4] = {};
    std::int64_t i = 0;
    for (; i + 4 <= whole; i += 4)
      for (int u = 0; u < 4; ++u) s[u] += a[i + u] * load(column + (i + u) * stride);
    for (; i < whole; ++i) s[0] += a[i] * load(column + i * stride);
    for (; i < k; ++i) s[0] += a[i] * load_some(column + i * stride, n, 0.0f);
    float sums[lanes];
    store(sums, (s[0] + s[1]) + (s[2] + s[3]));
    for (std::int64_t l = 0; l < n; ++l) c[j + l] = beta != 0.0f ? sums[l] + beta * c[j + l] : sums[l];
  }
}

// In the order of memory, eight rows at a time: a matrix that no cache holds comes at the speed at which memory streams.
void vector_by_rows(const float* a, const float* b, std::int64_t k, std::int64_t columns, float* c) {
  for (std::int64_t j = 0; j < columns; ++j) c[j] = 0.0f;
  std::int64_t i = 0;
  for (; i + 8 <= k; i += 8) {
    const float* row = b + i * columns;
    std::int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) {
      Lanes even = load(c + j), odd{};
      for (int u = 0; u < 8; u += 2) {
        even += a[i + u] * load(row + u * columns + j);
        odd += a[i + u + 1] * load(row + (u + 1) * columns + j);
      }
      store(c + j, even + odd);
    }
    for (; j < columns; ++j)
      for (int u = 0; u < 8; ++u) c[j] += a[i + u] * row[u * columns + j];
  }
  for (; i < k; ++i) {
    const float* row = b + i * columns;
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < columns; ++j) c[j] += a[i] * row[j];
  }
}

void rows_by_vector(const float* b, const float* a, std::int64_t rows, std::int64_t k, float beta, float* c) {
  for (std::int64_t r = 0; r < rows; ++r, b += k) {
    Lanes s0{}, s1{};
    std::int64_t i = 0;
    for (; i + 2 * lanes <= k; i += 2 * lanes) {
      s0 += load(a + i) * load(b + i);
      s1 += load(a + i + lanes) * load(b + i + lanes);
    }
    for (; i + lanes <= k; i += lanes) s0 += load(a + i) * load(b + i);
    if (i < k) s1 += load_some(a + i, k - i, 0.0f) * load_some(b + i, k - i, 0.0f);
    const float s = total(s0 + s1);
    c[r] = beta != 0.0f ? s + beta * c[r] : s;
  }
}

}  // namespace strata::cpu::STRATA_ISA
