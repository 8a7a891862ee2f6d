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

// Windows over (n, d, h, w, c); an axis that is not there has one element.
struct PoolShape {
  std::int64_t samples, channels;
  std::int64_t input[3], output[3], size[3], stride[3], low[3];
};

// One step of an lstm over some rows of the batch, gates in the order i f g o.
struct LstmStep {
  float* gates;              // (rows, 4 units): before their activations on entry, after them on exit
  const float* c_before;     // (rows, units), as are those below
  const float* h_before;
  float *c, *h;
  const std::uint8_t* mask;  // (rows), or null; at a masked row h and c stay as they were
};

struct LstmStepGradient {
  const float *gates, *c, *c_before, *dsequence;
  const std::uint8_t* mask;
  float *dh, *dc;  // of the step's h and c on entry; on exit of what came in, but that dh lacks what passes through dz
  float* dz;       // (rows, 4 units)
};

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
  // c = a b + beta c for one row a: b's columns lie `stride` apart by rows; or b's rows are what c has elements.
  void (*vector_by_columns)(const float* a, const float* b, std::int64_t k, std::int64_t columns, std::int64_t stride, float beta, float* c);
  // c = a b, b (k, columns) read in the order of memory.
  void (*vector_by_rows)(const float* a, const float* b, std::int64_t k, std::int64_t columns, float* c);
  void (*rows_by_vector)(const float* b, const float* a, std::int64_t rows, std::int64_t k, float beta, float* c);
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

  // Outputs [begin, end) of samples * output positions. `index`: which element of its window it is, row-major; null: nobody asks.
  void (*max_pool)(const PoolShape& shape, const float* x, float* y, std::uint8_t* index, std::int64_t begin, std::int64_t end);
  void (*average_pool)(const PoolShape& shape, const float* x, float* y, std::int64_t begin, std::int64_t end);
  // Samples [begin, end).
  void (*max_pool_gradient)(const PoolShape& shape, const std::uint8_t* index, const float* dy, float* dx, std::int64_t begin,
                            std::int64_t end);
  void (*average_pool_gradient)(const PoolShape& shape, const float* dy, float* dx, std::int64_t begin, std::int64_t end);

  // sum = sum of x - shift, squares = sum of (x - shift)^2, per column.
  void (*column_moments)(const float* x, std::int64_t rows, std::int64_t columns, const float* shift, float* sum, float* squares);
  // y = (x - mean) scale + offset, relu of it.
  void (*column_affine)(const float* x, std::int64_t rows, std::int64_t columns, const float* mean, const float* scale,
                        const float* offset, bool relu, float* y);
  // sum = sum of dy, products = sum of dy (x - mean), per column.
  void (*column_products)(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* mean, float* sum,
                          float* products);
  // dx = a (dy - b - (x - mean) c) per column.
  void (*batch_norm_gradient)(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* mean,
                              const float* a, const float* b, const float* c, float* dx);
  void (*layer_norm)(const float* x, const float* gamma, const float* beta, float epsilon, std::int64_t rows, std::int64_t columns,
                     float* y, float* mean, float* scale);
  // dgamma and dbeta are these rows' sums.
  void (*layer_norm_gradient)(const float* x, const float* gamma, const float* mean, const float* scale, const float* dy,
                              std::int64_t rows, std::int64_t columns, float* dx, float* dgamma, float* dbeta);

  // Elements [begin, end), begin a multiple of 4.
  void (*random_uniform)(float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step, std::uint64_t stream);
  void (*random_normal)(float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step, std::uint64_t stream);
  void (*dropout)(const float* x, float* y, std::int64_t begin, std::int64_t end, std::uint64_t seed, std::uint64_t step,
                  std::uint64_t stream, float rate, float scale);

  void (*lstm_step)(const LstmStep& step, std::int64_t rows, std::int64_t units);
  void (*lstm_step_gradient)(const LstmStepGradient& step, std::int64_t rows, std::int64_t units);
};

namespace v2 { extern const Tiles tiles; }
namespace v3 { extern const Tiles tiles; }
namespace v4 { extern const Tiles tiles; }

// The best set that this processor runs.
const Tiles& best_tiles();

}  // namespace strata::cpu
