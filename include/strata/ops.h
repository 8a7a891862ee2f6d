// The vocabulary of layers: friendly functions that check, promote and broadcast, and add exact operations to the graph.
//
// Operands broadcast as NumPy's do. An operand that is a number takes the other's dtype. Two dtypes that differ are
// promoted: bool < uint8 < int32 < int64 < float16, bfloat16 < float32 < float64. Negative axes count from the end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <strata/tensor.h>
#include <strata/value.h>

namespace strata {

// A number, or a value: what a binary operation takes on either side.
class Operand {
 public:
  Operand(Value v) : value_(v) {}        // NOLINT
  Operand(double x) : number_(x) {}      // NOLINT
  Operand(int x) : number_(x) {}         // NOLINT
  Operand(std::int64_t x) : number_(static_cast<double>(x)) {}  // NOLINT
  bool is_number() const { return !value_; }
  double number() const { return number_; }
  Value value() const { return value_; }

 private:
  Value value_;
  double number_ = 0;
};

using Axes = std::vector<int>;

// --- elementwise -----------------------------------------------------------------------------------------------------
Value negative(Value x);
Value absolute(Value x);
Value sign(Value x);
Value square(Value x);
Value reciprocal(Value x);
Value sqrt(Value x);
Value rsqrt(Value x);
Value exp(Value x);
Value expm1(Value x);
Value log(Value x);
Value log1p(Value x);
Value sin(Value x);
Value cos(Value x);
Value tan(Value x);
Value tanh(Value x);
Value sigmoid(Value x);
Value erf(Value x);
Value floor(Value x);
Value ceil(Value x);
Value round(Value x);  // ties to even
Value relu(Value x);   // gradient 0 at 0
Value is_finite(Value x);
Value is_nan(Value x);
Value logical_not(Value x);

Value add(Operand a, Operand b);
Value subtract(Operand a, Operand b);
Value multiply(Operand a, Operand b);
Value divide(Operand a, Operand b);  // integers give floats
Value power(Operand a, Operand b);
Value maximum(Operand a, Operand b);  // at a tie the first takes the gradient
Value minimum(Operand a, Operand b);
Value floor_divide(Operand a, Operand b);
Value mod(Operand a, Operand b);  // sign of the divisor
Value equal(Operand a, Operand b);
Value not_equal(Operand a, Operand b);
Value less(Operand a, Operand b);
Value less_equal(Operand a, Operand b);
Value greater(Operand a, Operand b);
Value greater_equal(Operand a, Operand b);
Value logical_and(Value a, Value b);
Value logical_or(Value a, Value b);

inline Value operator-(Value x) { return negative(x); }
inline Value operator+(Value a, Operand b) { return add(a, b); }
inline Value operator-(Value a, Operand b) { return subtract(a, b); }
inline Value operator*(Value a, Operand b) { return multiply(a, b); }
inline Value operator/(Value a, Operand b) { return divide(a, b); }
inline Value operator+(double a, Value b) { return add(a, b); }
inline Value operator-(double a, Value b) { return subtract(a, b); }
inline Value operator*(double a, Value b) { return multiply(a, b); }
inline Value operator/(double a, Value b) { return divide(a, b); }
inline Value operator>(Value a, Operand b) { return greater(a, b); }
inline Value operator<(Value a, Operand b) { return less(a, b); }
inline Value operator>=(Value a, Operand b) { return greater_equal(a, b); }
inline Value operator<=(Value a, Operand b) { return less_equal(a, b); }

// condition ? a : b, element by element.
Value select(Value condition, Operand a, Operand b);
Value cast(Value x, DType dtype);
Value clip(Value x, double low, double high);
// a / b, and 0 where b is 0.
Value divide_no_nan(Value a, Value b);

// --- constants -------------------------------------------------------------------------------------------------------
// A tensor known when the graph is written, in the graph of `like`.
Value constant(Value like, const Tensor& tensor);
Value full(Value like, const Shape& shape, double value, DType dtype);
Value zeros_like(Value x);
Value ones_like(Value x);
// 0, 1, ..., n-1.
Value iota(Value like, const Dim& n, DType dtype);

// --- movement --------------------------------------------------------------------------------------------------------
// One axis of `shape` may be -1.
Value reshape(Value x, Shape shape);
Value expand_dims(Value x, int axis);
Value squeeze(Value x, int axis);
// y.dim(i) = x.dim(axes[i]).
Value transpose(Value x, const Axes& axes);
// The axis `from` goes to place `to`; the others keep their order.
Value move_axis(Value x, int from, int to);
Value broadcast_to(Value x, const Shape& shape);
// Elements begin, begin+step, ... before end, of one axis. Negative begin and end count from the axis' end.
Value slice(Value x, int axis, Dim begin, Dim end, std::int64_t step = 1);
// One element of an axis, which goes away.
Value take(Value x, int axis, std::int64_t index);
struct Padding {
  std::int64_t low = 0, high = 0, interior = 0;  // elements before, after, and between each two; before and after may be negative
};
Value pad(Value x, const std::vector<Padding>& padding, double value = 0);
Value concatenate(const std::vector<Value>& xs, int axis);
Value stack(const std::vector<Value>& xs, int axis);
Value reverse(Value x, int axis);
// Rows of `table` (axis 0) at integer `indices`: shape indices.shape + table.shape[1:]. An index outside is clamped.
Value gather(Value table, Value indices);
// Zeros of `shape`, to which each of `rows` is added at its place along axis 0: indices (...), rows (... + shape[1:]).
Value scatter_add(Value indices, Value rows, const Shape& shape);
// For each x the number of elements of `sorted` (rank 1, ascending, of x's dtype) that are at most x, as int32.
Value search_sorted(Value x, const Tensor& sorted);
// 1 where the last axis equals the index, else 0.
Value one_hot(Value indices, const Dim& depth, DType dtype);

// --- reductions ------------------------------------------------------------------------------------------------------
// Over `axes`, over all of them when empty is given as std::nullopt.
Value sum(Value x, std::optional<Axes> axes = std::nullopt, bool keepdims = false);
Value mean(Value x, std::optional<Axes> axes = std::nullopt, bool keepdims = false);
Value reduce_max(Value x, std::optional<Axes> axes = std::nullopt, bool keepdims = false);  // ties share the gradient equally
Value reduce_min(Value x, std::optional<Axes> axes = std::nullopt, bool keepdims = false);
Value variance(Value x, std::optional<Axes> axes = std::nullopt, bool keepdims = false);    // biased
Value reduce_any(Value x, std::optional<Axes> axes = std::nullopt, bool keepdims = false);
Value reduce_all(Value x, std::optional<Axes> axes = std::nullopt, bool keepdims = false);
Value argmax(Value x, int axis);  // the first of equals, int64
Value argmin(Value x, int axis);
// Number of elements along `axes` as a value of `dtype` (it may be open while tracing).
Value count(Value x, std::optional<Axes> axes, DType dtype);

// --- contraction -----------------------------------------------------------------------------------------------------
// (..., m, k) x (..., k, n) -> (..., m, n); leading axes broadcast. A right operand of rank 2 takes every leading axis
// of the left one as rows.
Value matmul(Value a, Value b, bool transpose_a = false, bool transpose_b = false);

// --- random ----------------------------------------------------------------------------------------------------------
// Philox4x32-10: key = seed, counter = (step, stream, element). `state` is int64 {seed, step}; equal arguments give equal
// numbers on every device at any thread count.
Value random_uniform(Value state, std::uint64_t stream, const Shape& shape, DType dtype);  // [0, 1)
Value random_normal(Value state, std::uint64_t stream, const Shape& shape, DType dtype);
// x / (1 - rate) where a uniform draw is at least `rate`, else 0. The mask is drawn again for the gradient, never stored.
Value dropout(Value x, Value state, double rate, std::uint64_t stream);

// --- neural network --------------------------------------------------------------------------------------------------
enum class PaddingMode { valid, same, causal };
struct Window {
  // One number per spatial axis. A convolution takes its size from the kernel. Left out, strides are 1, for a pool its
  // size; dilations are 1.
  std::vector<std::int64_t> size = {}, strides = {}, dilation = {};
  PaddingMode padding = PaddingMode::valid;
};
// x (N, spatial..., C), kernel (spatial..., C/groups, F) -> (N, spatial..., F): cross-correlation, as Keras' Conv layers.
Value convolution(Value x, Value kernel, const Window& window, std::int64_t groups = 1);
Value max_pool(Value x, const Window& window);  // the first of equals takes the gradient
Value average_pool(Value x, const Window& window);  // `same` counts only what lies inside
Value softmax(Value x, int axis = -1);
Value log_softmax(Value x, int axis = -1);
// -log softmax(logits)[label] per row: logits (..., C), integer labels (...) -> (...), in one pass without the
// probabilities.
Value sparse_softmax_cross_entropy(Value logits, Value labels);
// The same against probabilities (..., C).
Value softmax_cross_entropy(Value logits, Value targets);
// max(x, 0) - x*z + log(1 + exp(-|x|)).
Value sigmoid_cross_entropy(Value logits, Value targets);
struct Moments { Value y, mean, variance; };
// Over every axis but the last: y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with this batch's statistics.
Moments batch_norm(Value x, Value gamma, Value beta, double epsilon);
// Over the last axis.
Value layer_norm(Value x, Value gamma, Value beta, double epsilon);
// Rows of `table` at `indices`; the gradient adds up rows in index order.
Value embedding(Value table, Value indices);
// The transpose of a look-up: data (N, D) added up by segment into (segments, D), row after row. Segment numbers (N) lie in
// [0, segments).
Value segment_sum(Value data, Value segment, const Dim& segments);
struct LstmOutput { Value sequence, hidden, cell; };  // (T, N, H), (N, H), (N, H)
// x (T, N, I), h0 and c0 (N, H), kernel (I, 4H), recurrent (H, 4H), bias (4H), gates in the order i f c o. sigmoid gates,
// tanh. mask (T, N), may be absent: at a masked step state and output stay as they were.
LstmOutput lstm(Value x, Value h0, Value c0, Value kernel, Value recurrent, Value bias, Value mask = {});

// --- control ---------------------------------------------------------------------------------------------------------
// The same value; no gradient passes.
Value stop_gradient(Value x);
struct Scan {
  std::vector<Value> carries;    // after the last step
  std::vector<Value> sequences;  // stacked along a new first axis
};
// body(carries, elements) -> {new carries, outputs of the step}; `sequences` are cut along their first axis. Values from
// outside that the body uses go in as `invariants`. reverse: the last step first.
struct ScanStep { std::vector<Value> carries, outputs; };
using ScanBody = std::function<ScanStep(const std::vector<Value>& carries, const std::vector<Value>& elements,
                                        const std::vector<Value>& invariants)>;
Scan scan(const ScanBody& body, const std::vector<Value>& carries, const std::vector<Value>& sequences,
          const std::vector<Value>& invariants, bool reverse = false);

// d(sum of y) / d x for each x; zeros where y does not depend on x. Gradients have gradients, of any order.
std::vector<Value> gradients(Value y, const std::vector<Value>& xs);

}  // namespace strata
