// Work for the one OpenMP pool of the process, which oneDNN uses too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include <omp.h>
#include <xmmintrin.h>

namespace strata::cpu {

// Subnormal numbers cost up to a hundred times more per operation; they are taken and given as zero.
inline void flush_subnormals() { _mm_setcsr(_mm_getcsr() | 0x8040); }

// A fork and join costs 1 to 5 microseconds: about what a core does with this many elements.
inline constexpr std::int64_t parallel_work = 20'000;

// f(begin, end[, thread]) over [0, units) in as many contiguous parts as there are threads. `work` is the whole in elements. What a
// unit computes must not depend on the part it falls into.
template <class F>
void parallel(std::int64_t units, std::int64_t work, F&& f) {
  const auto part = [&](std::int64_t begin, std::int64_t end, [[maybe_unused]] int thread) {
    if (begin >= end) return;
    if constexpr (std::is_invocable_v<F, std::int64_t, std::int64_t, int>) f(begin, end, thread);
    else f(begin, end);
  };
  const int threads = static_cast<int>(std::min<std::int64_t>(omp_get_max_threads(), units));
  if (threads <= 1 || work < parallel_work || omp_in_parallel()) return part(0, units, 0);
#pragma omp parallel num_threads(threads)
  {
    flush_subnormals();
    const int i = omp_get_thread_num(), n = omp_get_num_threads();
    part(units * i / n, units * (i + 1) / n, i);
  }
}

// While this lives, oneDNN's primitives that are made and its products and OpenBLAS' that are run take one thread.
class OneThread {
 public:
  OneThread() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(threads_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int threads_;
};

// The slices into which a long sum is cut: a number that follows from the shape alone, so that the bits do not depend on
// the number of threads.
struct Slices {
  std::int64_t rows, count;
  Slices(std::int64_t rows_, std::int64_t elements_per_row, std::int64_t most = 16)
      : rows(rows_), count(std::clamp<std::int64_t>(rows_ * elements_per_row / 8192, 1, std::min(most, std::max<std::int64_t>(rows_, 1)))) {}
  std::int64_t begin(std::int64_t i) const { return rows * i / count; }
};

// An axis in at most 8 bands of whole multiples: for kernels whose bits depend on the number of threads, each band by one
// thread.
struct Bands {
  std::int64_t size, step, count;
  explicit Bands(std::int64_t size_, std::int64_t multiple = 1) : size(size_) {
    constexpr std::int64_t most = 8;
    step = (size + most * multiple - 1) / (most * multiple) * multiple;
    count = (size + step - 1) / step;
  }
  std::int64_t from(std::int64_t i) const { return i * step; }
  std::int64_t width(std::int64_t i) const { return std::min(step, size - from(i)); }
};

}  // namespace strata::cpu
