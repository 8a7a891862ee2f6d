#include "batch_norm.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#define STRATA_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

namespace strata::measure {

constexpr float epsilon = 1e-3f;

// Up to `width` channels at a time stay in registers over all rows of a block.
constexpr int width = 64;

template <int W>
static inline __attribute__((always_inline)) void moments_of(const float* x, int64_t rows, int channels, float* mean,
                                                             float* m2) {
  float sum[W] = {}, square[W] = {}, centre[W];
  for (int64_t r = 0; r < rows; ++r)
    for (int c = 0; c < W; ++c) sum[c] += x[r * channels + c];
  for (int c = 0; c < W; ++c) centre[c] = sum[c] / static_cast<float>(rows);
  for (int64_t r = 0; r < rows; ++r)
    for (int c = 0; c < W; ++c) {
      float d = x[r * channels + c] - centre[c];
      square[c] += d * d;
    }
  std::memcpy(mean, centre, sizeof centre);
  std::memcpy(m2, square, sizeof square);
}

STRATA_CLONES static void moments(const float* x, int64_t rows, int channels, float* mean, float* m2) {
  int c = 0;
  for (; c + width <= channels; c += width) moments_of<width>(x + c, rows, channels, mean + c, m2 + c);
  for (; c + 16 <= channels; c += 16) moments_of<16>(x + c, rows, channels, mean + c, m2 + c);
  for (; c < channels; ++c) moments_of<1>(x + c, rows, channels, mean + c, m2 + c);
}

template <int W>
static inline __attribute__((always_inline)) void products_of(const float* x, const float* dy, int64_t rows,
                                                              int channels, const float* mean, float* sum,
                                                              float* product) {
  float s[W] = {}, p[W] = {}, centre[W];
  std::memcpy(centre, mean, sizeof centre);
  for (int64_t r = 0; r < rows; ++r)
    for (int c = 0; c < W; ++c) {
      float d = dy[r * channels + c];
      s[c] += d;
      p[c] += d * (x[r * channels + c] - centre[c]);
    }
  std::memcpy(sum, s, sizeof s);
  std::memcpy(product, p, sizeof p);
}

STRATA_CLONES static void products(const float* x, const float* dy, int64_t rows, int channels, const float* mean,
                                   float* sum, float* product) {
  int c = 0;
  for (; c + width <= channels; c += width)
    products_of<width>(x + c, dy + c, rows, channels, mean + c, sum + c, product + c);
  for (; c + 16 <= channels; c += 16) products_of<16>(x + c, dy + c, rows, channels, mean + c, sum + c, product + c);
  for (; c < channels; ++c) products_of<1>(x + c, dy + c, rows, channels, mean + c, sum + c, product + c);
}

// y = x * a + k, and dx = dy * a + (x * b + k): in the width that `moments` uses.
template <int W>
static inline __attribute__((always_inline)) void affine_of(const float* x, const float* dy, int64_t rows, int channels,
                                                            const float* a, const float* b, const float* k, float* y) {
  float aa[W], bb[W], kk[W];
  std::memcpy(aa, a, sizeof aa), std::memcpy(bb, b, sizeof bb), std::memcpy(kk, k, sizeof kk);
  for (int64_t r = 0; r < rows; ++r)
    for (int c = 0; c < W; ++c) {
      int64_t i = r * channels + c;
      y[i] = dy ? dy[i] * aa[c] + (x[i] * bb[c] + kk[c]) : x[i] * aa[c] + kk[c];
    }
}

STRATA_CLONES static void affine(const float* x, const float* dy, int64_t rows, int channels, const float* a,
                                 const float* b, const float* k, float* y) {
  int c = 0;
  auto at = [&](const float* p) { return p ? p + c : nullptr; };
  for (; c + width <= channels; c += width) affine_of<width>(x + c, at(dy), rows, channels, a + c, b + c, k + c, y + c);
  for (; c + 16 <= channels; c += 16) affine_of<16>(x + c, at(dy), rows, channels, a + c, b + c, k + c, y + c);
  for (; c < channels; ++c) affine_of<1>(x + c, at(dy), rows, channels, a + c, b + c, k + c, y + c);
}

// Few channels: several rows side by side fill `width` lanes; lane l holds channel l % channels.
BatchNorm::BatchNorm(int64_t rows, int channels) : channels_(channels) {
  int fold = channels < width && width % channels == 0 && rows % (width / channels) == 0 ? width / channels : 1;
  lanes_ = channels * fold;
  rows_ = rows / fold;
  block_ = std::max<int64_t>(1, 32768 / lanes_);      // 128 KiB of x: twice over it stays in the L2 cache
  blocks_ = static_cast<int>((rows_ + block_ - 1) / block_);
  partial_.resize(size_t(blocks_) * lanes_ * 2);
}

template <class Body>
void BatchNorm::for_each_block(Body body) const {
#pragma omp parallel for schedule(static)
  for (int b = 0; b < blocks_; ++b) {
    int64_t first = b * block_;
    body(first * lanes_, std::min(block_, rows_ - first), size_t(b) * lanes_ * 2);
  }
}

void BatchNorm::forward(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* variance) {
  for_each_block(
      [&](int64_t at, int64_t rows, size_t p) { moments(x + at, rows, lanes_, &partial_[p], &partial_[p + lanes_]); });
  std::vector<float> a(lanes_), k(lanes_);
  for (int c = 0; c < channels_; ++c) {      // Chan's update, in the order of the blocks
    double n = 0, m = 0, m2 = 0;
    for (int b = 0; b < blocks_; ++b)
      for (int l = c; l < lanes_; l += channels_) {
        double rows = static_cast<double>(std::min(block_, rows_ - b * block_));
        double d = partial_[size_t(b) * lanes_ * 2 + l] - m;
        m2 += partial_[(size_t(b) * 2 + 1) * lanes_ + l] + d * d * n * rows / (n + rows);
        m += d * rows / (n + rows);
        n += rows;
      }
    mean[c] = static_cast<float>(m);
    variance[c] = static_cast<float>(m2 / n);
    for (int l = c; l < lanes_; l += channels_) {
      a[l] = gamma[c] / std::sqrt(variance[c] + epsilon);
      k[l] = beta[c] - mean[c] * a[l];
    }
  }
  for_each_block([&](int64_t at, int64_t rows, size_t) {
    affine(x + at, nullptr, rows, lanes_, a.data(), a.data(), k.data(), y + at);
  });
}

void BatchNorm::backward(const float* x, const float* dy, const float* gamma, const float* mean, const float* variance,
                         float* dx, float* dgamma, float* dbeta) {
  std::vector<float> centre(lanes_), a(lanes_), s(lanes_), k(lanes_);
  for (int l = 0; l < lanes_; ++l) centre[l] = mean[l % channels_];
  for_each_block([&](int64_t at, int64_t rows, size_t p) {
    products(x + at, dy + at, rows, lanes_, centre.data(), &partial_[p], &partial_[p + lanes_]);
  });
  for (int c = 0; c < channels_; ++c) {
    double sum = 0, product = 0;
    for (int b = 0; b < blocks_; ++b)
      for (int l = c; l < lanes_; l += channels_) {
        sum += partial_[size_t(b) * lanes_ * 2 + l];
        product += partial_[(size_t(b) * 2 + 1) * lanes_ + l];
      }
    float inverse = 1.f / std::sqrt(variance[c] + epsilon), n = static_cast<float>(rows_ * lanes_ / channels_);
    dgamma[c] = static_cast<float>(product) * inverse;
    dbeta[c] = static_cast<float>(sum);
    for (int l = c; l < lanes_; l += channels_) {
      a[l] = gamma[c] * inverse;
      s[l] = -a[l] * dgamma[c] * inverse / n;
      k[l] = -a[l] * dbeta[c] / n - s[l] * mean[c];
    }
  }
  for_each_block([&](int64_t at, int64_t rows, size_t) {
    affine(x + at, dy + at, rows, lanes_, a.data(), s.data(), k.data(), dx + at);
  });
}

}      // namespace strata::measure
