// The backend's own inner loops, compiled once per instruction set from the same sources and chosen at start.
//
// The sources use no standard library and no template of another library: an inline function compiled for AVX-512
// could otherwise be the copy that the linker keeps for every machine. Every set gives the same bits: element by element
// the operations are the same, and a sum has a fixed number of partial sums whatever the width of a register.
#pragma once

#include <cstdint>

namespace strata::cpu {

// In the order of strata::DType.
enum class Element : std::uint8_t { float32, float64, bfloat16, float16, int32, int64, uint8, boolean };

// out[i] = f(a[i], b[i], c[i]). An operand that the loop was chosen with as a scalar is read at 0 alone. `out` may be an
// operand of elements as wide.
using TileLoop = void (*)(std::int64_t n, void* out, const void* a, const void* b, const void* c);

struct Tiles {
  const char* isa;

  // The loop of an elementwise op; bit i of `scalars` says that operand i is a scalar. For cast, `to` is the result; for
  // select, `from` is the type of the choices. Null where there is none.
  TileLoop (*pointwise)(const char* op, Element from, Element to, unsigned scalars);

  // Sum of n numbers; 64 partial sums.
  float (*sum)(const float* x, std::int64_t n);
  float (*maximum)(const float* x, std::int64_t n);
  // y[j] = sum over i of x[i * stride + j], in the order of i.
  void (*column_sum)(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y);
  void (*column_maximum)(const float* x, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* y);
  std::int64_t (*argmax)(const float* x, std::int64_t n);

  void (*softmax)(const float* x, float* y, std::int64_t rows, std::int64_t columns);
  void (*log_softmax)(const float* x, float* y, std::int64_t rows, std::int64_t columns);
  // dx = y (dy - sum(dy y)) per row.
  void (*softmax_gradient)(const float* y, const float* dy, float* dx, std::int64_t rows, std::int64_t columns);
  // dx = dy - exp(y) sum(dy) per row.
  void (*log_softmax_gradient)(const float* y, const float* dy, float* dx, std::int64_t rows, std::int64_t columns);
  // loss = logsumexp(x) - x[label], 0 for a label outside; labels int32, int64 or uint8.
  void (*cross_entropy)(const float* x, const void* labels, Element type, float* loss, float* logsumexp, std::int64_t rows,
                        std::int64_t columns);
  // dx = (softmax(x) - one_hot(label)) dloss.
  void (*cross_entropy_gradient)(const float* x, const void* labels, Element type, const float* logsumexp, const float* dloss,
                                 float* dx, std::int64_t rows, std::int64_t columns);
  // loss = sum(targets (logsumexp(x) - x)), and dx = (softmax(x) sum(targets) - targets) dloss.
  void (*dense_cross_entropy)(const float* x, const float* targets, float* loss, float* logsumexp, std::int64_t rows,
                              std::int64_t columns);
  void (*dense_cross_entropy_gradient)(const float* x, const float* targets, const float* logsumexp, const float* dloss,
                                       float* dx, std::int64_t rows, std::int64_t columns);
};

namespace v2 { extern const Tiles tiles; }
namespace v3 { extern const Tiles tiles; }
namespace v4 { extern const Tiles tiles; }

// The best set that this processor runs.
const Tiles& best_tiles();

}  // namespace strata::cpu
