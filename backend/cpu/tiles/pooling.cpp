// Pooling, a vector of channels at a time. The first of equals wins, a NaN wins, padding never does.
#include "backend/cpu/tiles/loops.h"
#include "backend/cpu/tiles/vector.h"

namespace strata::cpu::STRATA_ISA {
namespace {

using Numbers = std::int32_t __attribute__((vector_size(64)));
using Bytes = std::uint8_t __attribute__((vector_size(16)));

// Output position `at` (d, h, w) of a sample and the window before it.
struct Cursor {
  std::int64_t sample, at[3];
  Cursor(const PoolShape& s, std::int64_t position) {
    for (int i = 2; i >= 0; --i) {
      at[i] = position % s.output[i];
      position /= s.output[i];
    }
    sample = position;
  }
  void next(const PoolShape& s) {
    for (int i = 2; i >= 0; --i) {
      if (++at[i] < s.output[i]) return;
      at[i] = 0;
    }
    ++sample;
  }
};

// The part of a window that lies inside.
struct Inside {
  std::int64_t start[3], first[3], last[3];
  Inside(const PoolShape& s, const Cursor& c) {
    for (int i = 0; i < 3; ++i) {
      start[i] = c.at[i] * s.stride[i] - s.low[i];
      first[i] = start[i] < 0 ? -start[i] : 0;
      last[i] = s.input[i] - start[i] < s.size[i] ? s.input[i] - start[i] : s.size[i];
    }
  }
  std::int64_t count() const {
    std::int64_t n = 1;
    for (int i = 0; i < 3; ++i) n *= last[i] - first[i];
    return n;
  }
  // f(offset of the element in elements of x, its number in the window).
  template <class F>
  STRATA_INLINE void each(const PoolShape& s, const Cursor& c, F f) const {
    for (std::int64_t i = first[0]; i < last[0]; ++i)
      for (std::int64_t j = first[1]; j < last[1]; ++j)
        for (std::int64_t k = first[2]; k < last[2]; ++k)
          f((((c.sample * s.input[0] + start[0] + i) * s.input[1] + start[1] + j) * s.input[2] + start[2] + k) * s.channels,
            (i * s.size[1] + j) * s.size[2] + k);
  }
};

bool covers(const PoolShape& s) {
  bool all = true;
  for (int i = 0; i < 3; ++i) all = all && s.size[i] == s.stride[i] && s.low[i] == 0 && s.output[i] * s.size[i] == s.input[i];
  return all;
}

template <bool with_index>
void max_pool_of(const PoolShape& s, const float* x, float* y, std::uint8_t* index, std::int64_t begin, std::int64_t end) {
  // Elements of a window that lies inside, from its first.
  std::int64_t all_offsets[256];
  std::int64_t window = 0;
  for (std::int64_t i = 0; i < s.size[0]; ++i)
    for (std::int64_t j = 0; j < s.size[1]; ++j)
      for (std::int64_t k = 0; k < s.size[2]; ++k) all_offsets[window++] = ((i * s.input[1] + j) * s.input[2] + k) * s.channels;

  Cursor at(s, begin);
  for (std::int64_t o = begin; o < end; ++o, at.next(s)) {
    const float* element[256];
    std::int32_t number[256];
    std::int64_t n = 0;
    const Inside inside(s, at);
    if (inside.count() == window) {
      const float* first = x + (((at.sample * s.input[0] + inside.start[0]) * s.input[1] + inside.start[1]) * s.input[2] + inside.start[2]) * s.channels;
      for (; n < window; ++n) element[n] = first + all_offsets[n], number[n] = static_cast<std::int32_t>(n);
    } else {
      inside.each(s, at, [&](std::int64_t offset, std::int64_t k) {
        element[n] = x + offset;
        number[n++] = static_cast<std::int32_t>(k);
      });
    }
    float* to = y + o * s.channels;
    std::uint8_t* which = with_index ? index + o * s.channels : nullptr;
    std::int64_t c = 0;
    for (; c + lanes <= s.channels; c += lanes) {
      Lanes best = all(-infinity);
      Numbers best_at{};
      for (std::int64_t i = 0; i < n; ++i) {
        const Lanes v = load(element[i] + c);
        const Numbers better = (v > best) | (v != v);
        best = better ? v : best;
        if (with_index) best_at = better ? Numbers{} + number[i] : best_at;
      }
      store(to + c, best);
      if (!with_index) continue;
      const Bytes bytes = __builtin_convertvector(best_at, Bytes);
      __builtin_memcpy(which + c, &bytes, sizeof bytes);
    }
    for (; c < s.channels; ++c) {
      float best = -infinity;
      std::int32_t best_at = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        const float v = element[i][c];
        if (v > best || v != v) best = v, best_at = number[i];
      }
      to[c] = best;
      if (with_index) which[c] = static_cast<std::uint8_t>(best_at);
    }
  }
}

}  // namespace

void max_pool(const PoolShape& s, const float* x, float* y, std::uint8_t* index, std::int64_t begin, std::int64_t end) {
  if (index != nullptr) max_pool_of<true>(s, x, y, index, begin, end);
  else max_pool_of<false>(s, x, y, index, begin, end);
}

void max_pool_gradient(const PoolShape& s, const std::uint8_t* index, const float* dy, float* dx, std::int64_t begin, std::int64_t end) {
  const std::int64_t positions = s.output[0] * s.output[1] * s.output[2];
  const std::int64_t sample = s.input[0] * s.input[1] * s.input[2] * s.channels;
  const bool whole = covers(s);
  if (!whole) __builtin_memset(dx + begin * sample, 0, static_cast<unsigned long>((end - begin) * sample) * sizeof(float));
  Cursor at(s, begin * positions);
  for (std::int64_t o = begin * positions; o < end * positions; ++o, at.next(s)) {
    const Inside inside(s, at);
    const float* d = dy + o * s.channels;
    const std::uint8_t* which = index + o * s.channels;
    inside.each(s, at, [&](std::int64_t offset, std::int64_t k) {
      float* to = dx + offset;
      const std::int32_t number = static_cast<std::int32_t>(k);
      if (whole) {
STRATA_NO_ALIAS
        for (std::int64_t c = 0; c < s.channels; ++c) to[c] = which[c] == number ? d[c] : 0.0f;
      } else {
STRATA_NO_ALIAS
        for (std::int64_t c = 0; c < s.channels; ++c) to[c] += which[c] == number ? d[c] : 0.0f;
      }
    });
  }
}

void average_pool(const PoolShape& s, const float* x, float* y, std::int64_t begin, std::int64_t end) {
  Cursor at(s, begin);
  for (std::int64_t o = begin; o < end; ++o, at.next(s)) {
    const Inside inside(s, at);
    const float n = static_cast<float>(inside.count());
    float* to = y + o * s.channels;
    std::int64_t c = 0;
    for (; c + lanes <= s.channels; c += lanes) {
      Lanes sum{};
      inside.each(s, at, [&](std::int64_t offset, std::int64_t) { sum += load(x + offset + c); });
      store(to + c, sum / n);
    }
    for (; c < s.channels; ++c) {
      float sum = 0;
      inside.each(s, at, [&](std::int64_t offset, std::int64_t) { sum += x[offset + c]; });
      to[c] = sum / n;
    }
  }
}

void average_pool_gradient(const PoolShape& s, const float* dy, float* dx, std::int64_t begin, std::int64_t end) {
  const std::int64_t positions = s.output[0] * s.output[1] * s.output[2];
  const std::int64_t sample = s.input[0] * s.input[1] * s.input[2] * s.channels;
  __builtin_memset(dx + begin * sample, 0, static_cast<unsigned long>((end - begin) * sample) * sizeof(float));
  Cursor at(s, begin * positions);
  for (std::int64_t o = begin * positions; o < end * positions; ++o, at.next(s)) {
    const Inside inside(s, at);
    const float n = static_cast<float>(inside.count());
    const float* d = dy + o * s.channels;
    inside.each(s, at, [&](std::int64_t offset, std::int64_t) {
      float* to = dx + offset;
STRATA_NO_ALIAS
      for (std::int64_t c = 0; c < s.channels; ++c) to[c] += d[c] / n;
    });
  }
}

}  // namespace strata::cpu::STRATA_ISA
