// Many elements to one, for every kept index: sums, extremes, moments. Long ones are cut into slices, joined by the block that comes to
// its end last (NVIDIA's sample threadFenceReduction). The order of joining follows from the shape alone, so the bits are the same
// each time and on every device: blocks are counted by atomics, nothing is added by them.
//
// An Op is copied to the device:
//   using Partial = ...;                                          plain, of whole 32-bit words
//   Partial empty() const;
//   void add(Partial&, std::int64_t reduced, std::int64_t kept) const;
//   Partial join(Partial, Partial) const;
//   void finish(std::int64_t kept, Partial) const;                writes the outputs
#pragma once

#include "backend/cuda/group.h"

namespace strata::cuda {

struct Fold {
  std::int64_t kept, reduced, slices = 1;
  int group = 0;  // along: threads of a group go along the reduced elements
  int width = 0;  // across: neighbouring threads have neighbouring kept indices, this many of them

  // For elements that lie behind one another along the reduced index.
  static Fold along(std::int64_t kept, std::int64_t reduced) {
    Fold f{.kept = kept, .reduced = reduced, .group = group_for(reduced)};
    f.cut(reduced / 8192, kept);
    return f;
  }
  // For elements that lie beside one another along the kept index.
  static Fold across(std::int64_t kept, std::int64_t reduced) {
    Fold f{.kept = kept, .reduced = reduced, .width = static_cast<int>(std::clamp<std::int64_t>(kept, 1, 64))};
    f.cut(reduced / (f.at_once() * 32), f.tiles());
    return f;
  }

  STRATA_INLINE int at_once() const { return block_threads / width; }  // reduced indices that a block has in hand
  STRATA_INLINE std::int64_t tiles() const { return (kept + width - 1) / width; }
  STRATA_INLINE std::int64_t begin(std::int64_t slice) const { return reduced * slice / slices; }
  template <class Op>
  std::size_t scratch_bytes() const {
    return slices == 1 ? 0 : (static_cast<std::size_t>(kept * slices) * sizeof(typename Op::Partial) + 255) / 256 * 256;
  }

 private:
  // Where there are slices, there are less than arrival_counters units.
  void cut(std::int64_t wanted, std::int64_t units) {
    slices = std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(arrival_counters / std::max<std::int64_t>(units, 1), 1));
  }
};

// Whether this block is the last of `all` to come here; all its threads get the answer. What the others wrote before is there for it. The
// counter is 0 before the first comes and behind the last.
__device__ inline bool is_last_to_come(unsigned* counter, unsigned all) {
  __shared__ bool is_last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    is_last = atomicAdd(counter, 1u) == all - 1;
    if (is_last) *counter = 0;
  }
  __syncthreads();
  __threadfence();
  return is_last;
}

// A warp's: joins the slices of one kept index. partial: [kept, slices].
template <class Op>
__device__ void join_slices(const Op& op, const Fold& f, const typename Op::Partial* partial, std::int64_t kept) {
  const int lane = static_cast<int>(threadIdx.x) % warp_threads;
  typename Op::Partial p = op.empty();
  for (std::int64_t s = lane; s < f.slices; s += warp_threads) p = op.join(p, partial[kept * f.slices + s]);
  p = combined(p, warp_threads, [&op](const auto& a, const auto& b) { return op.join(a, b); });
  if (lane == 0) op.finish(kept, p);
}

template <class Op>
__global__ void __launch_bounds__(block_threads) fold_along(Op op, Fold f, typename Op::Partial* partial, unsigned* arrivals) {
  const auto join = [&op](const auto& a, const auto& b) { return op.join(a, b); };
  const std::int64_t units = f.kept * f.slices, per_block = block_threads / f.group, step = static_cast<std::int64_t>(gridDim.x) * per_block;
  const int lane = static_cast<int>(threadIdx.x) % f.group;
  for (std::int64_t unit = static_cast<std::int64_t>(blockIdx.x) * per_block + static_cast<int>(threadIdx.x) / f.group; unit < units; unit += step) {
    const std::int64_t kept = unit / f.slices, slice = unit - kept * f.slices, end = f.begin(slice + 1);
    typename Op::Partial p = op.empty();
    for (std::int64_t r = f.begin(slice) + lane; r < end; r += f.group) op.add(p, r, kept);
    p = combined(p, f.group, join);
    if (f.slices == 1) {
      if (lane == 0) op.finish(kept, p);
      continue;
    }
    if (lane == 0) partial[unit] = p;  // so long a fold has a block for each unit
    if (is_last_to_come(arrivals + kept, static_cast<unsigned>(f.slices)) && threadIdx.x < warp_threads) join_slices(op, f, partial, kept);
    __syncthreads();
  }
}

template <class Op>
__global__ void __launch_bounds__(block_threads) fold_across(Op op, Fold f, typename Op::Partial* partial, unsigned* arrivals) {
  __shared__ typename Op::Partial all[block_threads];
  const std::int64_t units = f.tiles() * f.slices;
  const int thread = static_cast<int>(threadIdx.x), row = thread / f.width, column = thread - row * f.width, rows = f.at_once();
  for (std::int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
    const std::int64_t tile = unit / f.slices, slice = unit - tile * f.slices, kept = tile * f.width + column, end = f.begin(slice + 1);
    const bool has_work = row < rows && kept < f.kept;
    typename Op::Partial p = op.empty();
    if (has_work)
      for (std::int64_t r = f.begin(slice) + row; r < end; r += rows) op.add(p, r, kept);
    all[thread] = p;
    __syncthreads();
    for (int n = rows; n > 1;) {  // rows [0, n) become [0, half)
      const int half = (n + 1) / 2;
      if (row + half < n) all[thread] = op.join(all[thread], all[thread + half * f.width]);
      n = half;
      __syncthreads();
    }
    if (has_work && row == 0) {
      if (f.slices == 1) op.finish(kept, all[thread]);
      else partial[kept * f.slices + slice] = all[thread];
    }
    if (f.slices > 1 && is_last_to_come(arrivals + tile, static_cast<unsigned>(f.slices)))
      for (std::int64_t k = tile * f.width + thread / warp_threads; k < f.kept && k < (tile + 1) * f.width; k += block_threads / warp_threads)
        join_slices(op, f, partial, k);
    __syncthreads();
  }
}

// `scratch`: f.scratch_bytes<Op>().
template <class Op>
void fold(const char* what, const Op& op, const Fold& f, const Machine& machine, void* scratch) {
  if (f.kept == 0) return;
  auto* const partial = static_cast<typename Op::Partial*>(scratch);
  const auto blocks = [&](std::int64_t units, std::int64_t per_block) {
    return std::clamp<std::int64_t>((units + per_block - 1) / per_block, 1, std::max<std::int64_t>(machine.processors, 1) * 16);
  };
  if (f.group > 0) launch(what, fold_along<Op>, blocks(f.kept * f.slices, block_threads / f.group), machine, op, f, partial, machine.arrivals);
  else launch(what, fold_across<Op>, blocks(f.tiles() * f.slices, 1), machine, op, f, partial, machine.arrivals);
}

}  // namespace strata::cuda
