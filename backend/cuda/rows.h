// What is a function of a row and of sums over it: softmax, losses, layer normalization. A row is a group of threads'.
//
// An Op is copied to the device:
//   struct Row;                                                   what is known of a row, the same in all its threads
//   Row begin(std::int64_t row) const;
//   static constexpr int passes;                                  sums over the row that come one after another: 0, 1 or 2
//   First first() const;  Second second() const;                  sums of nothing; plain, of whole 32-bit words
//   void add(First&, const Row&, std::int64_t at, std::int64_t column) const;     and of Second; `at` in the whole array
//   static First join(First, First);                                              and of Second
//   void take(Row&, const First&) const;                                          and of Second
//   void finish(const Row&, std::int64_t row) const;              writes what a row has one of
//   static constexpr bool writes;
//   void write(const Row&, std::int64_t at, std::int64_t column) const;
// What a thread writes for a column may lie where only that column's inputs lay.
#pragma once

#include "backend/cuda/group.h"

namespace strata::cuda {

template <class Op, class Sum>
__device__ void pass(const Op& op, Sum sum, typename Op::Row& row, std::int64_t begin, std::int64_t columns, int lane, int group) {
  for (std::int64_t j = lane; j < columns; j += group) op.add(sum, row, begin + j, j);
  op.take(row, combined(sum, group, [](const Sum& a, const Sum& b) { return Op::join(a, b); }));
}

template <class Op>
__global__ void __launch_bounds__(block_threads) over_rows(Op op, std::int64_t rows, std::int64_t columns, int group) {
  const std::int64_t per_block = block_threads / group;
  const int lane = static_cast<int>(threadIdx.x) % group;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * per_block + static_cast<int>(threadIdx.x) / group; i < rows;
       i += static_cast<std::int64_t>(gridDim.x) * per_block) {
    typename Op::Row row = op.begin(i);
    if constexpr (Op::passes > 0) pass(op, op.first(), row, i * columns, columns, lane, group);
    if constexpr (Op::passes > 1) pass(op, op.second(), row, i * columns, columns, lane, group);
    if (lane == 0) op.finish(row, i);
    if constexpr (Op::writes)
      for (std::int64_t j = lane; j < columns; j += group) op.write(row, i * columns + j, j);
  }
}

template <class Op>
void by_rows(const char* what, const Op& op, std::int64_t rows, std::int64_t columns, const Machine& machine) {
  if (rows == 0) return;
  const int group = group_for(columns);
  const std::int64_t per_block = block_threads / group, most = std::max<std::int64_t>(machine.processors, 1) * 16;
  launch(what, over_rows<Op>, std::min((rows + per_block - 1) / per_block, most), machine, op, rows, columns, group);
}

}  // namespace strata::cuda
