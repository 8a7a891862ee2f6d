// Sums and maxima, and what is a function of a row and its sum: softmax and its kin.
#include "backend/cpu/tiles/loops.h"

#include "backend/cpu/tiles/vector.h"

namespace strata::cpu::STRATA_ISA {

float sum(const float* x, std::int64_t n) {
  Lanes a{}, b{}, c{}, d{};
  std::int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    a += load(x + i);
    b += load(x + i + lanes);
    c += load(x + i + 2 * lanes);
    d += load(x + i + 3 * lanes);
  }
  for (; i + lanes <= n; i += lanes) a += load(x + i);
  if (i < n) b += load_some(x + i, n - i, 0.0f);
  return total((a + b) + (c + d));
}

namespace {

// A NaN among the numbers is the maximum.
float nan_or(float m, const float* x, std::int64_t n) {
  int nans = 0;
  for (std::int64_t i = 0; i < n; ++i) nans |= x[i] != x[i];
  return nans != 0 ? __builtin_nanf("") : m;
}

float plain_maximum(const float* x, std::int64_t n) {
  Lanes a = all(-infinity), b = a;
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    a = larger(load(x + i), a);
    b = larger(load(x + i + lanes), b);
  }
  for (; i + lanes <= n; i += lanes) a = larger(load(x + i), a);
  if (i < n) b = larger(load_some(x + i, n - i, -infinity), b);
  return largest(larger(a, b));
}

// y = e^(x - m), and the sum of y.
float exponentials(const float* x, float m, float* y, std::int64_t n) {
STRATA_NO_ALIAS
  for (std::int64_t j = 0; j < n; ++j) y[j] = exp_(x[j] - m);
  return sum(y, n);
}

// The exponentials themselves go to the stack, block by block.
float sum_of_exponentials(const float* x, float m, std::int64_t n) {
  constexpr std::int64_t block = 1024;
  float y[block], s = 0;
  for (std::int64_t j = 0; j < n; j += block) s += exponentials(x + j, m, y, n - j < block ? n - j : block);
  return s;
}

std::int64_t integer_at(const void* x, Element type, std::int64_t i) {
  switch (type) {
    case Element::int32: return static_cast<const std::int32_t*>(x)[i];
    case Element::int64: return static_cast<const std::int64_t*>(x)[i];
    default: return static_cast<const std::uint8_t*>(x)[i];
  }
}

}  // namespace

float maximum(const float* x, std::int64_t n) { return nan_or(plain_maximum(x, n), x, n); }

void column_sum(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y) {
  std::int64_t j = 0;
  for (; j + 4 * lanes <= columns; j += 4 * lanes) {
    Lanes a{}, b{}, c{}, d{};
    for (std::int64_t i = 0; i < rows; ++i) {
      const float* row = x + i * stride + j;
      a += load(row);
      b += load(row + lanes);
      c += load(row + 2 * lanes);
      d += load(row + 3 * lanes);
    }
    store(y + j, a);
    store(y + j + lanes, b);
    store(y + j + 2 * lanes, c);
    store(y + j + 3 * lanes, d);
  }
  for (; j + lanes <= columns; j += lanes) {
    Lanes a{};
    for (std::int64_t i = 0; i < rows; ++i) a += load(x + i * stride + j);
    store(y + j, a);
  }
  if (j == columns) return;
  float a[lanes] = {};
  const std::int64_t rest = columns - j;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t k = 0; k < rest; ++k) a[k] += x[i * stride + j + k];
  for (std::int64_t k = 0; k < rest; ++k) y[j + k] = a[k];
}

void column_maximum(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y) {
  for (std::int64_t j = 0; j < columns; ++j) y[j] = -infinity;
  for (std::int64_t i = 0; i < rows; ++i) {
    const float* row = x + i * stride;
    for (std::int64_t j = 0; j < columns; ++j) y[j] = row[j] > y[j] || row[j] != row[j] ? row[j] : y[j];
  }
}

std::int64_t argmax(const float* x, std::int64_t n) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < n; ++i)
    if (x[i] > x[best]) best = i;
  return best;
}

void softmax(const float* x, float* y, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, x += columns, y += columns) {
    const float s = 1.0f / exponentials(x, plain_maximum(x, columns), y, columns);
    for (std::int64_t j = 0; j < columns; ++j) y[j] *= s;
  }
}

void log_softmax(const float* x, float* y, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, x += columns, y += columns) {
    const float m = plain_maximum(x, columns), l = log_(sum_of_exponentials(x, m, columns));
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < columns; ++j) y[j] = (x[j] - m) - l;
  }
}

void softmax_gradient(const float* y, const float* dy, float* dx, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, y += columns, dy += columns, dx += columns) {
    Lanes a{};
    std::int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) a += load(y + j) * load(dy + j);
    if (j < columns) a += load_some(y + j, columns - j, 0.0f) * load_some(dy + j, columns - j, 0.0f);
    const float s = total(a);
STRATA_NO_ALIAS
    for (j = 0; j < columns; ++j) dx[j] = y[j] * (dy[j] - s);
  }
}

void log_softmax_gradient(const float* y, const float* dy, float* dx, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, y += columns, dy += columns, dx += columns) {
    const float s = sum(dy, columns);
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < columns; ++j) dx[j] = dy[j] - exp_(y[j]) * s;
  }
}

void cross_entropy(const float* x, const void* labels, Element type, float* loss, float* logsumexp, std::int64_t rows,
                   std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, x += columns) {
    const float m = plain_maximum(x, columns), l = log_(sum_of_exponentials(x, m, columns));
    const std::int64_t label = integer_at(labels, type, i);
    logsumexp[i] = m + l;
    loss[i] = label >= 0 && label < columns ? l - (x[label] - m) : 0.0f;
  }
}

void cross_entropy_gradient(const float* x, const void* labels, Element type, const float* logsumexp, const float* dloss,
                            float* dx, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, x += columns, dx += columns) {
    const std::int64_t label = integer_at(labels, type, i);
    const bool is_class = label >= 0 && label < columns;
    const float d = is_class ? dloss[i] : 0.0f, l = logsumexp[i];
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < columns; ++j) dx[j] = d * exp_(x[j] - l);
    if (is_class) dx[label] -= d;
  }
}

void dense_cross_entropy(const float* x, const float* targets, float* loss, float* logsumexp, std::int64_t rows,
                         std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, x += columns, targets += columns) {
    const float m = plain_maximum(x, columns), l = m + log_(sum_of_exponentials(x, m, columns));
    Lanes a{};
    std::int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) a += load(targets + j) * (l - load(x + j));
    if (j < columns) a += load_some(targets + j, columns - j, 0.0f) * (l - load_some(x + j, columns - j, 0.0f));
    logsumexp[i] = l;
    loss[i] = total(a);
  }
}

void dense_cross_entropy_gradient(const float* x, const float* targets, const float* logsumexp, const float* dloss, float* dx,
                                  std::int64_t rows, std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, x += columns, targets += columns, dx += columns) {
    const float d = dloss[i], l = logsumexp[i], s = sum(targets, columns);
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < columns; ++j) dx[j] = d * (exp_(x[j] - l) * s - targets[j]);
  }
}

}  // namespace strata::cpu::STRATA_ISA
