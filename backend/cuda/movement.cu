// Ops that move elements and compute none: copies of boxes at the speed of memory; iota.
#define STRATA_HOST_DEVICE __host__ __device__
#include <optional>
#include <string>
#include <vector>

#include "backend/cuda/arithmetic.h"
#include "backend/cuda/launch.h"
#include "backend/cuda/movement.h"
#include "backend/cuda/movement_box.h"

namespace strata::cuda {
namespace {

struct alignas(16) Bytes16 { unsigned long long at[2]; };

// --- copies ------------------------------------------------------------------------------------------------------------

template <class T, class Index>
__global__ void __launch_bounds__(block_threads) copy_box(Box box, const T* x, T* y, Index n) {
  const Index step = static_cast<Index>(gridDim.x) * block_threads;
  for (Index i = static_cast<Index>(blockIdx.x) * block_threads + threadIdx.x; i < n; i += step) {
    const Box::Places p = box.places(i);
    y[p.to] = x[p.from];
  }
}

// Two axes exchanged: squares of 32 by 32 pass through shared memory, so that both sides are read and written in rows. `box` has
// the other axes.
constexpr int square = 32, square_rows = 8;
template <class T>
__global__ void __launch_bounds__(square* square_rows) copy_across(Box box, Box::Axis across, Box::Axis inner, const T* x, T* y, std::int64_t squares) {
  __shared__ T tile[square][square + 1];
  const std::int64_t wide = (inner.size + square - 1) / square, high = (across.size + square - 1) / square;
  for (std::int64_t s = blockIdx.x; s < squares; s += gridDim.x) {
    const std::int64_t left = s % wide * square, rest = s / wide, top = rest % high * square;
    const Box::Places p = box.places(rest / high);
    // Along `across` x is dense: threads of a row read along it.
    for (int k = threadIdx.y; k < square; k += square_rows) {
      const std::int64_t i = top + threadIdx.x, j = left + k;
      if (i < across.size && j < inner.size) tile[k][threadIdx.x] = x[p.from + i * across.from + j * inner.from];
    }
    __syncthreads();
    for (int k = threadIdx.y; k < square; k += square_rows) {
      const std::int64_t i = top + k, j = left + threadIdx.x;
      if (i < across.size && j < inner.size) y[p.to + i * across.to + j * inner.to] = tile[threadIdx.x][k];
    }
    __syncthreads();
  }
}

template <class T>
void start(const Box& box, const void* from, void* to, const Machine& machine) {
  const T* const x = static_cast<const T*>(from);
  T* const y = static_cast<T*>(to);
  const std::int64_t n = box.elements();
  if (const int a = box.across(); a >= 0) {
    Box outer{.from = box.from, .to = box.to};
    for (int i = 0; i + 1 < box.rank; ++i)
      if (i != a) outer.axes[outer.rank++] = box.axes[i];
    const Box::Axis across = box.axes[a], inner = box.axes[box.rank - 1];
    if (across.size >= 8 && inner.size >= 8) {
      const std::int64_t squares = outer.elements() * ((across.size + square - 1) / square) * ((inner.size + square - 1) / square);
      const auto blocks = static_cast<unsigned>(std::min<std::int64_t>(squares, std::int64_t{machine.processors} * 32));
      return launch("starting a transposing copy", copy_across<T>, blocks, dim3(square, square_rows), machine, outer, across, inner, x, y, squares);
    }
  }
  if (n < (std::int64_t{1} << 30)) launch("starting a copy", copy_box<T, unsigned>, blocks_for(n, machine), machine, box, x, y, static_cast<unsigned>(n));
  else launch("starting a copy", copy_box<T, std::int64_t>, blocks_for(n, machine), machine, box, x, y, n);
}

}  // namespace

void enqueue_copy(const Box& box, int element, const void* x, void* y, const Machine& machine) {
  if (box.elements() == 0) return;
  int together = box.neighbours(16 / element);
  while (together > 1 && (!is_aligned(x, static_cast<std::size_t>(together * element)) || !is_aligned(y, static_cast<std::size_t>(together * element)))) together /= 2;
  const Box grouped = box.grouped(together);
  switch (element * together) {
    case 1: return start<unsigned char>(grouped, x, y, machine);
    case 2: return start<unsigned short>(grouped, x, y, machine);
    case 4: return start<unsigned>(grouped, x, y, machine);
    case 8: return start<unsigned long long>(grouped, x, y, machine);
    default: return start<Bytes16>(grouped, x, y, machine);
  }
}

namespace {

Answer box_alone(const Region& region, const Machine& machine, const char* name) {
  if (region.ops.size() != 1) return not_alone();
  const RegionOp& op = region.ops[0];
  const auto box = movement_box(op, region);
  if (!box) return Declined{"it has more than " + std::to_string(Box::most_axes) + " axes"};
  const int element = static_cast<int>(size_of(op.outputs[0].dtype));
  return Candidate{.name = name, .prepare = [box = *box, element, machine] {
    return make_kernel([=](void* const* inputs, void* const* outputs, void*) { enqueue_copy(box, element, inputs[0], outputs[0], machine); });
  }};
}

// --- several small boxes -----------------------------------------------------------------------------------------------------

struct SmallBox {
  static constexpr int most_axes = 4;
  struct { int size, from, to; } axes[most_axes];
  int rank, elements;
};
// Nothing where 32 bits do not count them, or where there are more axes.
std::optional<SmallBox> small(const Box& box) {
  const std::int64_t n = box.elements();
  if (box.rank > SmallBox::most_axes || n >= std::int64_t{1} << 30 || box.from != 0 || box.to != 0) return std::nullopt;
  SmallBox b{.axes = {}, .rank = box.rank, .elements = static_cast<int>(n)};
  for (int i = 0; i < box.rank; ++i) b.axes[i] = {static_cast<int>(box.axes[i].size), static_cast<int>(box.axes[i].from), static_cast<int>(box.axes[i].to)};
  return b;
}

// What one launch copies. With it a kernel's parameters are below their 4 KiB.
struct SmallCopies {
  static constexpr int most = 48;
  SmallBox box[most];
  const void* from[most];
  void* to[most];
};
template <class T>
__global__ void __launch_bounds__(block_threads) copy_small(SmallCopies copies) {
  const SmallBox& box = copies.box[blockIdx.y];
  const T* const x = static_cast<const T*>(copies.from[blockIdx.y]);
  T* const y = static_cast<T*>(copies.to[blockIdx.y]);
  const int step = static_cast<int>(gridDim.x) * block_threads;
  for (int i = static_cast<int>(blockIdx.x) * block_threads + static_cast<int>(threadIdx.x); i < box.elements; i += step) {
    int index = i, from = 0, to = 0;
    for (int k = box.rank - 1; k >= 0; --k) {
      const int at = index % box.axes[k].size;
      index /= box.axes[k].size;
      from += at * box.axes[k].from;
      to += at * box.axes[k].to;
    }
    y[to] = x[from];
  }
}
static_assert(sizeof(SmallCopies) <= 4096);

void start_copies(const SmallCopies& copies, int count, int element, const Machine& machine) {
  int most = 0;
  for (int i = 0; i < count; ++i) most = std::max(most, copies.box[i].elements);
  if (most == 0) return;
  const dim3 grid(blocks_for(most, machine), static_cast<unsigned>(count)), block(block_threads);
  switch (element) {
    case 1: return launch("starting copies", copy_small<unsigned char>, grid, block, machine, copies);
    case 2: return launch("starting copies", copy_small<unsigned short>, grid, block, machine, copies);
    case 4: return launch("starting copies", copy_small<unsigned>, grid, block, machine, copies);
    default: return launch("starting copies", copy_small<unsigned long long>, grid, block, machine, copies);
  }
}

Answer transposes(const Region& region, const Machine& machine) {
  struct Copy { SmallBox box; int input, output; };
  std::vector<Copy> all(region.ops.size());
  const DType dtype = region.ops[0].outputs[0].dtype;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const RegionOp& op = region.ops[i];
    if (op.name != "transpose" || op.inputs[0].op >= 0) return Declined{"what goes along is not a transpose of an input"};
    if (op.outputs[0].dtype != dtype) return Declined{"they are of several dtypes"};
    const auto box = movement_box(op, region);
    const auto as_small = box ? small(*box) : std::nullopt;
    if (!as_small) return Declined{"one of them is large or has more than " + std::to_string(SmallBox::most_axes) + " axes"};
    all[i].box = *as_small;
    all[i].input = op.inputs[0].index;
  }
  for (std::size_t o = 0; o < region.outputs.size(); ++o) all[static_cast<std::size_t>(region.outputs[o].op)].output = static_cast<int>(o);
  return Candidate{.name = std::to_string(all.size()) + " transposes", .prepare = [=, element = static_cast<int>(size_of(dtype))] {
    return make_kernel([=](void* const* inputs, void* const* outputs, void*) {
      SmallCopies copies;
      int count = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        copies.box[count] = all[i].box;
        copies.from[count] = inputs[all[i].input];
        copies.to[count] = outputs[all[i].output];
        if (++count < SmallCopies::most && i + 1 < all.size()) continue;
        start_copies(copies, count, element, machine);
        count = 0;
      }
    });
  }};
}

// --- the box among elements of one value -----------------------------------------------------------------------------------

template <class T>
__global__ void __launch_bounds__(block_threads) fill(T* y, T value, std::int64_t n) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * block_threads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * block_threads + threadIdx.x; i < n; i += step) y[i] = value;
}

template <class S>
void fill_with(void* y, double value, std::int64_t n, const Machine& machine) {
  launch("starting a fill", fill<S>, blocks_for(n, machine), machine, static_cast<S*>(y), static_cast<S>(value), n);
}

// 16 bits of `value`: float16 and bfloat16 fill by their bits.
template <class S>
__global__ void __launch_bounds__(block_threads) fill_half(S* y, float value, std::int64_t n) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * block_threads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * block_threads + threadIdx.x; i < n; i += step) y[i] = store<S>(value);
}

template <class S>
void fill_with_half(void* y, double value, std::int64_t n, const Machine& machine) {
  launch("starting a fill", fill_half<S>, blocks_for(n, machine), machine, static_cast<S*>(y), static_cast<float>(value), n);
}

void fill_output(const ArrayType& t, double value, void* y, const Machine& machine) {
  const std::int64_t n = t.elements();
  if (n == 0) return;
  if (value == 0) return check(cudaMemsetAsync(y, 0, t.bytes(), machine.stream), "clearing an output");
  switch (t.dtype) {
    case DType::float32: return fill_with<float>(y, value, n, machine);
    case DType::float64: return fill_with<double>(y, value, n, machine);
    case DType::int32: return fill_with<int>(y, value, n, machine);
    case DType::int64: return fill_with<Int64>(y, value, n, machine);
    case DType::uint8: return fill_with<unsigned char>(y, value, n, machine);
    case DType::boolean: return fill_with<unsigned char>(y, 1, n, machine);
    case DType::bfloat16: return fill_with_half<BFloat16>(y, value, n, machine);
    case DType::float16: return fill_with_half<Float16>(y, value, n, machine);
    case DType::string: return;  // on no device
  }
}

Answer box_within(const Region& region, const Machine& machine, const char* name, double value) {
  if (region.ops.size() != 1) return not_alone();
  const RegionOp& op = region.ops[0];
  const auto box = movement_box(op, region);
  if (!box) return Declined{"it has more than " + std::to_string(Box::most_axes) + " axes"};
  return Candidate{.name = name, .prepare = [box = *box, value, type = op.outputs[0], machine] {
    return make_kernel([=](void* const* inputs, void* const* outputs, void*) {
      if (box.elements() != type.elements()) fill_output(type, value, outputs[0], machine);
      enqueue_copy(box, static_cast<int>(size_of(type.dtype)), inputs[0], outputs[0], machine);
    });
  }};
}

// --- inputs one after the other ----------------------------------------------------------------------------------------------

// Rows of `width` units, each made of one row of every part.
struct Parts {
  static constexpr int most = 48;
  const void* from[most];
  std::int64_t length[most], at[most];
  std::int64_t width, rows;
};
template <class T>
__global__ void __launch_bounds__(block_threads) join(Parts parts, T* y) {
  const std::int64_t length = parts.length[blockIdx.y], at = parts.at[blockIdx.y], n = length * parts.rows;
  const T* const x = static_cast<const T*>(parts.from[blockIdx.y]);
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * block_threads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * block_threads + threadIdx.x; i < n; i += step) {
    const std::int64_t row = parts.rows == 1 ? 0 : i / length;
    y[row * parts.width + at + (i - row * length)] = x[i];
  }
}

template <class T>
void start_join(const Parts& parts, int count, std::int64_t longest, void* y, const Machine& machine) {
  const dim3 grid(blocks_for(longest * parts.rows, machine), static_cast<unsigned>(count));
  launch("starting a concatenation", join<T>, grid, dim3(block_threads), machine, parts, static_cast<T*>(y));
}

Answer joined(const Region& region, const Machine& machine, const char* name, std::int64_t rows, const std::vector<std::int64_t>& lengths) {
  const RegionOp& op = region.ops[0];
  if (region.ops.size() != 1) return not_alone();
  std::vector<int> order;
  for (const Source& s : op.inputs) order.push_back(s.index);
  const int element = static_cast<int>(size_of(op.outputs[0].dtype));
  return Candidate{.name = name, .prepare = [=] {
    return make_kernel([=](void* const* inputs, void* const* outputs, void*) {
      std::int64_t width = 0;
      for (const std::int64_t n : lengths) width += n;
      int together = 16 / element;  // units that every part and every address divides into
      const auto divides = [&](std::int64_t n) {
        while (n % together != 0) together /= 2;
      };
      for (std::size_t i = 0; i < lengths.size(); ++i) divides(lengths[i]), divides(reinterpret_cast<std::intptr_t>(inputs[order[i]]) / element);
      divides(reinterpret_cast<std::intptr_t>(outputs[0]) / element);
      std::int64_t at = 0, longest = 0;
      Parts parts;
      parts.width = width / together;
      parts.rows = rows;
      int count = 0;
      const auto flush = [&] {
        if (longest * rows > 0) switch (element * together) {
            case 1: start_join<unsigned char>(parts, count, longest, outputs[0], machine); break;
            case 2: start_join<unsigned short>(parts, count, longest, outputs[0], machine); break;
            case 4: start_join<unsigned>(parts, count, longest, outputs[0], machine); break;
            case 8: start_join<unsigned long long>(parts, count, longest, outputs[0], machine); break;
            default: start_join<Bytes16>(parts, count, longest, outputs[0], machine); break;
          }
        count = 0;
        longest = 0;
      };
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        parts.from[count] = inputs[order[i]];
        parts.length[count] = lengths[i] / together;
        parts.at[count] = at / together;
        longest = std::max(longest, lengths[i] / together);
        at += lengths[i];
        if (++count == Parts::most) flush();
      }
      if (count > 0) flush();
    });
  }};
}

// --- 0, 1, ..., n - 1 --------------------------------------------------------------------------------------------------------

template <class S>
__global__ void __launch_bounds__(block_threads) count_up(S* y, std::int64_t n) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * block_threads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * block_threads + threadIdx.x; i < n; i += step) y[i] = store<S>(i);
}

template <class S>
Candidate counting(std::int64_t n, const Machine& machine) {
  return {.name = "iota", .prepare = [n, machine] {
    return make_kernel([=](void* const*, void* const* outputs, void*) {
      if (n == 0) return;
      launch("starting a count", count_up<S>, blocks_for(n, machine), machine, static_cast<S*>(outputs[0]), n);
    });
  }};
}

}  // namespace

Answer copy(const Region& region, const Machine& machine) { return box_alone(region, machine, "copy"); }
Answer broadcast(const Region& region, const Machine& machine) { return box_alone(region, machine, "broadcast"); }
Answer transpose(const Region& region, const Machine& machine) {
  return region.ops.size() == 1 ? box_alone(region, machine, "transpose") : transposes(region, machine);
}
Answer slice(const Region& region, const Machine& machine) { return box_alone(region, machine, "slice"); }
Answer reverse(const Region& region, const Machine& machine) { return box_alone(region, machine, "reverse"); }
Answer slice_gradient(const Region& region, const Machine& machine) { return box_within(region, machine, "slice gradient", 0); }
Answer pad(const Region& region, const Machine& machine) { return box_within(region, machine, "pad", anchor(region).attributes->number("value")); }

Answer concatenate(const Region& region, const Machine& machine) {
  const RegionOp& op = anchor(region);
  const int axis = static_cast<int>(op.attributes->integer("axis"));
  std::vector<std::int64_t> lengths;
  for (const Source& s : op.inputs) lengths.push_back(product(region.type(s), axis, region.type(s).rank()));
  return joined(region, machine, "concatenate", product(op.outputs[0], 0, axis), lengths);
}
Answer pack(const Region& region, const Machine& machine) {
  std::vector<std::int64_t> lengths;
  for (const Source& s : anchor(region).inputs) lengths.push_back(region.type(s).elements());
  return joined(region, machine, "pack", 1, lengths);
}

Answer iota(const Region& region, const Machine& machine) {
  if (region.ops.size() != 1) return not_alone();
  const ArrayType& y = region.type(region.outputs[0]);
  switch (y.dtype) {
    case DType::float32: return counting<float>(y.elements(), machine);
    case DType::float64: return counting<double>(y.elements(), machine);
    case DType::bfloat16: return counting<BFloat16>(y.elements(), machine);
    case DType::float16: return counting<Float16>(y.elements(), machine);
    case DType::int32: return counting<int>(y.elements(), machine);
    case DType::int64: return counting<Int64>(y.elements(), machine);
    case DType::uint8: return counting<unsigned char>(y.elements(), machine);
    default: return Declined{"it counts in no booleans"};
  }
}

}  // namespace strata::cuda
