// Rows of a table by index, and rows added up by index.
//
// Adding up is the same each time and knows no atomics: the pairs (row, number of the entry) are sorted, pieces of 32 entries
// are added in order, and what a piece shares with the next ones is joined in order.
#define STRATA_HOST_DEVICE __host__ __device__
#include <string>

#include "backend/cuda/arithmetic.h"
#include "backend/cuda/launch.h"
#include "backend/cuda/scatter_order.h"

namespace strata::cuda {
namespace {

struct alignas(16) Bytes16 { unsigned long long at[2]; };

template <class I>
__device__ std::int64_t row_at(const I* indices, std::int64_t i, std::int64_t rows) {
  const auto k = static_cast<std::int64_t>(indices[i]);
  return k < 0 ? 0 : k >= rows ? rows - 1 : k;
}

template <class T, class I>
__global__ void __launch_bounds__(block_threads) gather_rows(const T* table, const I* indices, T* y, std::int64_t n, std::int64_t width, std::int64_t rows) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * block_threads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * block_threads + threadIdx.x; i < n * width; i += step) {
    const std::int64_t entry = i / width;
    y[i] = table[row_at(indices, entry, rows) * width + (i - entry * width)];
  }
}

// f(null pointer of the type of the indices).
template <class F>
auto with_index(DType t, F f) {
  switch (t) {
    case DType::int32: return f(static_cast<const int*>(nullptr));
    case DType::int64: return f(static_cast<const Int64*>(nullptr));
    default: return f(static_cast<const unsigned char*>(nullptr));
  }
}
bool is_index(DType t) { return t == DType::int32 || t == DType::int64 || t == DType::uint8; }

struct Gather {
  Machine machine;
  int table, indices;  // the region's inputs
  DType index;
  std::int64_t n, rows, row_bytes;

  template <class T>
  void start(void* const* inputs, void* y) const {
    const std::int64_t width = row_bytes / static_cast<std::int64_t>(sizeof(T));
    with_index(index, [&]<class I>(const I*) {
      launch("starting a gather", gather_rows<T, I>, blocks_for(n * width, machine), machine, static_cast<const T*>(inputs[table]),
             static_cast<const I*>(inputs[indices]), static_cast<T*>(y), n, width, rows);
    });
  }
  void operator()(void* const* inputs, void* const* outputs, void*) const {
    if (n * row_bytes == 0) return;
    std::int64_t unit = 16;
    while (row_bytes % unit != 0 || !is_aligned(inputs[table], static_cast<std::size_t>(unit)) || !is_aligned(outputs[0], static_cast<std::size_t>(unit))) unit /= 2;
    switch (unit) {
      case 1: return start<unsigned char>(inputs, outputs[0]);
      case 2: return start<unsigned short>(inputs, outputs[0]);
      case 4: return start<unsigned>(inputs, outputs[0]);
      case 8: return start<unsigned long long>(inputs, outputs[0]);
      default: return start<Bytes16>(inputs, outputs[0]);
    }
  }
};

// --- adding up -----------------------------------------------------------------------------------------------------------

using Key = ScatterOrder::Key;
constexpr int run = ScatterOrder::run, piece = ScatterOrder::piece;

// Keys of `run` entries, sorted within the block by a bitonic network. Beyond n: the greatest key.
template <class I>
__global__ void __launch_bounds__(run / 2) sort_runs(const I* indices, Key* keys, std::int64_t n, std::int64_t rows) {
  __shared__ Key block[run];
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * run;
  for (int k = threadIdx.x; k < run; k += run / 2) {
    const std::int64_t i = begin + k;
    block[k] = i < n ? ScatterOrder::key(row_at(indices, i, rows), i) : ~Key{0};
  }
  for (int size = 2; size <= run; size *= 2)
    for (int distance = size / 2; distance > 0; distance /= 2) {
      __syncthreads();
      const int t = threadIdx.x, low = t / distance * distance * 2 + t % distance, high = low + distance;
      const bool rising = (low & size) == 0;
      const Key a = block[low], b = block[high];
      if ((a > b) == rising) block[low] = b, block[high] = a;
    }
  __syncthreads();
  for (int k = threadIdx.x; k < run; k += run / 2)
    if (begin + k < n) keys[begin + k] = block[k];
}

// Sorted neighbours of `length` entries become one: each key goes to its own place plus the number of lesser ones beside it.
__global__ void __launch_bounds__(block_threads) merge_runs(const Key* from, Key* to, std::int64_t n, std::int64_t length) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * block_threads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * block_threads + threadIdx.x; i < n; i += step)
    to[ScatterOrder::merged_place(from, i, n, length)] = from[i];
}

template <class S> struct SumOf { using Type = decltype(load(S{})); };
template <> struct SumOf<int> { using Type = unsigned; };  // integers wrap
template <> struct SumOf<Int64> { using Type = UInt64; };

// Columns are the threads' of a block; a block has one piece. What begins and ends inside goes to its row, what goes on behind or
// comes from before goes to `shared`: [pieces, 2, width], at 1 what begins here, at 0 what comes from before.
template <class S>
__global__ void __launch_bounds__(block_threads) add_pieces(const Key* keys, const S* x, S* y, typename SumOf<S>::Type* shared, std::int64_t n, std::int64_t width) {
  using Sum = typename SumOf<S>::Type;
  const std::int64_t pieces = (n + piece - 1) / piece;
  for (std::int64_t p = blockIdx.x; p < pieces; p += gridDim.x)
    for (std::int64_t j = static_cast<std::int64_t>(blockIdx.y) * block_threads + threadIdx.x; j < width; j += static_cast<std::int64_t>(gridDim.y) * block_threads)
      ScatterOrder::for_each_stretch(keys, p, n, [&](const ScatterOrder::Stretch& s) {
        Sum sum = 0;
        for (std::int64_t i = s.begin; i < s.end; ++i) sum += static_cast<Sum>(load(x[ScatterOrder::entry_of(keys[i]) * width + j]));
        if (s.begins && s.ends) y[s.row * width + j] = store<S>(sum);
        else shared[(2 * p + (s.begins ? 1 : 0)) * width + j] = sum;
      });
}

// Rows that several pieces share, by the piece where they begin.
template <class S>
__global__ void __launch_bounds__(block_threads) join_pieces(const Key* keys, S* y, const typename SumOf<S>::Type* shared, std::int64_t n, std::int64_t width) {
  const std::int64_t pieces = (n + piece - 1) / piece;
  for (std::int64_t p = blockIdx.x; p < pieces; p += gridDim.x) {
    const std::int64_t last = ScatterOrder::last_piece_of_row_that_begins(keys, p, n);
    if (last == p) continue;
    const std::int64_t row = ScatterOrder::row_of(keys[(p + 1) * piece]);
    for (std::int64_t j = static_cast<std::int64_t>(blockIdx.y) * block_threads + threadIdx.x; j < width; j += static_cast<std::int64_t>(gridDim.y) * block_threads) {
      auto sum = shared[(2 * p + 1) * width + j];
      for (std::int64_t q = p + 1; q <= last; ++q) sum += shared[2 * q * width + j];
      y[row * width + j] = store<S>(sum);
    }
  }
}

struct Scatter {
  Machine machine;
  int indices, values;  // the region's inputs
  ArrayType table;
  DType index;
  std::int64_t n, rows, width;

  std::size_t key_bytes() const { return (static_cast<std::size_t>(n) * sizeof(Key) + 255) / 256 * 256; }
  std::size_t scratch_bytes() const {
    return 2 * key_bytes() + static_cast<std::size_t>(2 * ((n + piece - 1) / piece) * width) * std::max<std::size_t>(size_of(table.dtype), 4);
  }

  template <class S>
  void add(const Key* keys, const void* x, void* y, void* shared) const {
    using Sum = typename SumOf<S>::Type;
    const std::int64_t pieces = (n + piece - 1) / piece;
    // A block's columns are as many as its threads.
    const auto threads = static_cast<unsigned>(std::min<std::int64_t>((width + 31) / 32 * 32, block_threads));
    const dim3 grid(static_cast<unsigned>(std::min<std::int64_t>(pieces, 1 << 20)), static_cast<unsigned>(std::min<std::int64_t>((width + threads - 1) / threads, 64)));
    launch("starting a sum of rows", add_pieces<S>, grid, threads, machine, keys, static_cast<const S*>(x), static_cast<S*>(y), static_cast<Sum*>(shared), n, width);
    launch("joining sums of rows", join_pieces<S>, grid, threads, machine, keys, static_cast<S*>(y), static_cast<const Sum*>(shared), n, width);
  }

  void operator()(void* const* inputs, void* const* outputs, void* scratch) const {
    if (table.elements() == 0) return;
    check(cudaMemsetAsync(outputs[0], 0, table.bytes(), machine.stream), "clearing a sum of rows");
    if (n == 0) return;
    Key *keys = static_cast<Key*>(scratch), *other = reinterpret_cast<Key*>(static_cast<char*>(scratch) + key_bytes());
    with_index(index, [&]<class I>(const I*) {
      launch("sorting indices", sort_runs<I>, static_cast<unsigned>((n + run - 1) / run), run / 2, machine, static_cast<const I*>(inputs[indices]), keys, n, rows);
    });
    for (std::int64_t length = run; length < n; length *= 2) {
      launch("merging indices", merge_runs, blocks_for(n, machine), machine, keys, other, n, length);
      std::swap(keys, other);
    }
    void* const shared = static_cast<char*>(scratch) + 2 * key_bytes();
    switch (table.dtype) {
      case DType::float64: return add<double>(keys, inputs[values], outputs[0], shared);
      case DType::bfloat16: return add<BFloat16>(keys, inputs[values], outputs[0], shared);
      case DType::float16: return add<Float16>(keys, inputs[values], outputs[0], shared);
      case DType::int32: return add<int>(keys, inputs[values], outputs[0], shared);
      case DType::int64: return add<Int64>(keys, inputs[values], outputs[0], shared);
      default: return add<float>(keys, inputs[values], outputs[0], shared);
    }
  }
};

}  // namespace

Answer gather(const Region& region, const Machine& machine) {
  if (region.ops.size() != 1) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType &table = region.type(op.inputs[0]), &indices = region.type(op.inputs[1]);
  const std::int64_t rows = table.dim(0), n = indices.elements();
  if (rows == 0 && n > 0) return Declined{"the table has no rows"};
  if (!is_index(indices.dtype)) return Declined{"its indices are " + std::string(text_of(indices.dtype))};
  const Gather gather{machine, op.inputs[0].index, op.inputs[1].index, indices.dtype, n, rows,
                      product(table, 1, table.rank()) * static_cast<std::int64_t>(size_of(table.dtype))};
  return Candidate{.name = "gather rows", .prepare = [gather] { return make_kernel(gather); }};
}

// Inputs indices, rows.
Answer scatter_add(const Region& region, const Machine& machine) {
  if (region.ops.size() != 1) return not_alone();
  const RegionOp& op = region.ops[0];
  const ArrayType &indices = region.type(op.inputs[0]), &table = op.outputs[0];
  const std::int64_t rows = table.dim(0), n = indices.elements();
  if (rows == 0 && n > 0) return Declined{"the table has no rows"};
  if (!is_index(indices.dtype)) return Declined{"its indices are " + std::string(text_of(indices.dtype))};
  if (table.dtype == DType::boolean || table.dtype == DType::uint8) return Declined{"it adds no " + std::string(text_of(table.dtype))};
  if (std::max(rows, n) > ScatterOrder::most) return Declined{"it has more rows than 32 bits count"};
  const Scatter scatter{machine, op.inputs[0].index, op.inputs[1].index, table, indices.dtype, n, rows, product(table, 1, table.rank())};
  return Candidate{.name = "scatter in order", .scratch_bytes = scatter.scratch_bytes(), .prepare = [scatter] { return make_kernel(scatter); }};
}

}  // namespace strata::cuda
