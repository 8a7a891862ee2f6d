// What batch and layer normalization do to rows of channels.
#include "backend/cpu/tiles/loops.h"
#include "backend/cpu/tiles/vector.h"

namespace strata::cpu::STRATA_ISA {

void column_moments(const float* x, std::int64_t rows, std::int64_t columns, const float* shift, float* sum, float* squares) {
  std::int64_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes) {
    const Lanes m0 = load(shift + j), m1 = load(shift + j + lanes);
    Lanes a0{}, a1{}, b0{}, b1{};
    for (std::int64_t i = 0; i < rows; ++i) {
      const Lanes d0 = load(x + i * columns + j) - m0, d1 = load(x + i * columns + j + lanes) - m1;
      a0 += d0;
      a1 += d1;
      b0 += d0 * d0;
      b1 += d1 * d1;
    }
    store(sum + j, a0);
    store(sum + j + lanes, a1);
    store(squares + j, b0);
    store(squares + j + lanes, b1);
  }
  for (; j + lanes <= columns; j += lanes) {
    const Lanes m = load(shift + j);
    Lanes a{}, b{};
    for (std::int64_t i = 0; i < rows; ++i) {
      const Lanes d = load(x + i * columns + j) - m;
      a += d;
      b += d * d;
    }
    store(sum + j, a);
    store(squares + j, b);
  }
  for (; j < columns; ++j) {
    float a = 0, b = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      const float d = x[i * columns + j] - shift[j];
      a += d;
      b += d * d;
    }
    sum[j] = a;
    squares[j] = b;
  }
}

void column_products(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* mean, float* sum,
                     float* products) {
  std::int64_t j = 0;
  for (; j + lanes <= columns; j += lanes) {
    const Lanes m = load(mean + j);
    Lanes a{}, b{};
    for (std::int64_t i = 0; i < rows; ++i) {
      const Lanes d = load(dy + i * columns + j);
      a += d;
      b += d * (load(x + i * columns + j) - m);
    }
    store(sum + j, a);
    store(products + j, b);
  }
  for (; j < columns; ++j) {
    float a = 0, b = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      const float d = dy[i * columns + j];
      a += d;
      b += d * (x[i * columns + j] - mean[j]);
    }
    sum[j] = a;
    products[j] = b;
  }
}

void column_affine(const float* x, std::int64_t rows, std::int64_t columns, const float* mean, const float* scale, const float* offset,
                   bool relu, float* y) {
  const float low = relu ? 0.0f : -infinity;
  for (std::int64_t i = 0; i < rows; ++i, x += columns, y += columns) {
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < columns; ++j) {
      const float v = (x[j] - mean[j]) * scale[j] + offset[j];
      y[j] = v < low ? low : v;
    }
  }
}

void batch_norm_gradient(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* mean, const float* a,
                         const float* b, const float* c, float* dx) {
  for (std::int64_t i = 0; i < rows; ++i, x += columns, dy += columns, dx += columns) {
STRATA_NO_ALIAS
    for (std::int64_t j = 0; j < columns; ++j) dx[j] = a[j] * (dy[j] - b[j] - (x[j] - mean[j]) * c[j]);
  }
}

void layer_norm(const float* x, const float* gamma, const float* beta, float epsilon, std::int64_t rows, std::int64_t columns, float* y,
                float* mean, float* scale) {
  const float n = static_cast<float>(columns);
  for (std::int64_t i = 0; i < rows; ++i, x += columns, y += columns) {
    const float m = sum(x, columns) / n;
    Lanes a{};
    std::int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) {
      const Lanes d = load(x + j) - m;
      a += d * d;
    }
    if (j < columns) {
      const Lanes d = load_some(x + j, columns - j, m) - m;
      a += d * d;
    }
    const float s = 1.0f / sqrt_(total(a) / n + epsilon);
    mean[i] = m;
    scale[i] = s;
STRATA_NO_ALIAS
    for (j = 0; j < columns; ++j) y[j] = (x[j] - m) * s * gamma[j] + beta[j];
  }
}

void layer_norm_gradient(const float* x, const float* gamma, const float* mean, const float* scale, const float* dy, std::int64_t rows,
                         std::int64_t columns, float* dx, float* dgamma, float* dbeta) {
  const float n = static_cast<float>(columns);
  for (std::int64_t j = 0; j < columns; ++j) dgamma[j] = dbeta[j] = 0.0f;
  for (std::int64_t i = 0; i < rows; ++i, x += columns, dy += columns, dx += columns) {
    const float m = mean[i], s = scale[i];
    Lanes a{}, b{};
    std::int64_t j = 0;
    for (; j + lanes <= columns; j += lanes) {
      const Lanes d = load(dy + j), xhat = (load(x + j) - m) * s, g = d * load(gamma + j);
      a += g;
      b += g * xhat;
      store(dgamma + j, load(dgamma + j) + d * xhat);
      store(dbeta + j, load(dbeta + j) + d);
    }
    float a_rest = 0, b_rest = 0;
    for (; j < columns; ++j) {
      const float xhat = (x[j] - m) * s, g = dy[j] * gamma[j];
      a_rest += g;
      b_rest += g * xhat;
      dgamma[j] += dy[j] * xhat;
      dbeta[j] += dy[j];
    }
    const float mean_a = (total(a) + a_rest) / n, mean_b = (total(b) + b_rest) / n;
STRATA_NO_ALIAS
    for (j = 0; j < columns; ++j) dx[j] = s * (dy[j] * gamma[j] - mean_a - (x[j] - m) * s * mean_b);
  }
}

}  // namespace strata::cpu::STRATA_ISA
