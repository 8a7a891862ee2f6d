// The fused ops: symbolic shapes, what they refuse, and values worked out by hand.
#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/error.h>
#include <strata/ops.h>
#include "backend/window.h"
#include "src/compile/interpreter.h"
#include "tests/graph/examples.h"

namespace strata {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Dim batch = Dim::symbol("batch"), length = Dim::symbol("length");

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::spec);
    return e.what();
  }
  return "no error";
}

std::vector<double> numbers(const Tensor& t) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < t.elements(); ++i) all.push_back(t.at(i));
  return all;
}

std::vector<double> run(Graph& graph, Value y, const std::map<std::string, Tensor>& inputs = {}) {
  graph.outputs = {port(y)};
  return numbers(interpret(graph, inputs)[0]);
}

TEST(WindowAxis, counts_and_pads_as_keras_does) {
  const auto axis = [](const char* padding, int input, int size, int stride, int dilation) {
    const WindowAxis w = window_axis(padding, input, size, stride, dilation);
    return std::vector<std::int64_t>{w.output, w.low, w.high};
  };
  EXPECT_THAT(axis("valid", 28, 3, 1, 1), ElementsAre(26, 0, 0));
  EXPECT_THAT(axis("valid", 7, 3, 2, 1), ElementsAre(3, 0, 0));
  EXPECT_THAT(axis("valid", 8, 3, 1, 3), ElementsAre(2, 0, 0));
  EXPECT_THAT(axis("valid", 2, 3, 1, 1), ElementsAre(0, 0, 0));
  EXPECT_THAT(axis("same", 28, 3, 1, 1), ElementsAre(28, 1, 1));
  EXPECT_THAT(axis("same", 28, 3, 2, 1), ElementsAre(14, 0, 1));  // the odd one comes after
  EXPECT_THAT(axis("same", 5, 2, 3, 1), ElementsAre(2, 0, 0));
  EXPECT_THAT(axis("same", 224, 7, 2, 1), ElementsAre(112, 2, 3));
  EXPECT_THAT(axis("causal", 10, 3, 1, 2), ElementsAre(10, 4, 0));
  EXPECT_THAT(axis("causal", 10, 3, 2, 1), ElementsAre(5, 2, 0));
}

TEST(Dim, division_takes_out_what_divides) {
  const Dim n = Dim::symbol("n");
  EXPECT_EQ(floor_div(n * Dim(6) - Dim(1), 3), n * Dim(2) - Dim(1));
  EXPECT_EQ(floor_div(n * Dim(6) + Dim(4), 3), n * Dim(2) + Dim(1));
  EXPECT_EQ(floor_div(n * n * Dim(2) - n * Dim(4) + Dim(1), 2), n * n - n * Dim(2));
  const Dim rest = floor_div(n * Dim(6) - Dim(1), 4);
  for (const std::int64_t k : {0, 1, 2, 7}) EXPECT_EQ(rest.bind({{"n", k}}), (6 * k - 1 - ((6 * k - 1) % 4 + 4) % 4) / 4);
}

TEST(Convolution, keeps_open_axes_open) {
  Graph g;
  const Value x = g.input("x", {DType::float32, {batch, length, 8}}), k = g.input("k", {DType::float32, {3, 8, 16}});
  EXPECT_EQ(convolution(x, k, {.padding = PaddingMode::same}).shape(), (Shape{batch, length, 16}));
  EXPECT_EQ(convolution(x, k, {}).shape(), (Shape{batch, length - Dim(2), 16}));
  const Value strided = convolution(x, k, {.strides = {2}, .padding = PaddingMode::same});
  EXPECT_EQ(strided.dim(1).bind({{"batch", 1}, {"length", 7}}), 4);
  EXPECT_EQ(strided.dim(1).bind({{"batch", 1}, {"length", 8}}), 4);
  const auto d = gradients(sum(strided), {x, k});
  EXPECT_EQ(d[0].shape(), x.shape());
  EXPECT_EQ(d[1].shape(), k.shape());
}

TEST(Convolution, says_what_does_not_fit) {
  Graph g;
  const Value x = g.input("x", {DType::float32, {batch, 2, 28, 3}}), k = g.input("k", {DType::float32, {3, 3, 4, 8}});
  EXPECT_THAT(error_of([&] { convolution(x, k, {}); }),
              HasSubstr("the input (None, 2, 28, 3) has 3 channels; the kernel (3, 3, 4, 8) with 1 group takes 4"));
  const Value k3 = g.input("k3", {DType::float32, {3, 3, 3, 8}});
  EXPECT_THAT(error_of([&] { convolution(x, k3, {}); }),
              HasSubstr("a window of 3 elements does not fit into axis 1 of (None, 2, 28, 3), which has 2"));
  EXPECT_THAT(error_of([&] { convolution(x, k3, {.strides = {1}}); }), HasSubstr("strides [1]: 2 numbers"));
  EXPECT_THAT(error_of([&] { convolution(x, k3, {.strides = {1, 0}}); }), HasSubstr("strides [1, 0]"));
  const Value k1 = g.input("k1", {DType::float32, {1, 1, 1, 8}});
  EXPECT_THAT(error_of([&] { convolution(x, k1, {}, 3); }), HasSubstr("8 filters do not divide into 3 groups"));
}

TEST(Convolution, is_a_cross_correlation) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({1, 4, 1}, {1, 2, 3, 4})), k = g.constant(Tensor::of<double>({3, 1, 1}, {1, 10, 100}));
  EXPECT_THAT(run(g, convolution(x, k, {})), ElementsAre(321, 432));
  EXPECT_THAT(run(g, convolution(x, k, {.padding = PaddingMode::same})), ElementsAre(210, 321, 432, 43));
  EXPECT_THAT(run(g, convolution(x, k, {.padding = PaddingMode::causal})), ElementsAre(100, 210, 321, 432));
  EXPECT_THAT(run(g, convolution(x, k, {.strides = {2}, .padding = PaddingMode::same})), ElementsAre(321, 43));
}

TEST(Convolution, gives_group_i_of_the_filters_group_i_of_the_channels) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({1, 1, 2}, {3, 5})), k = g.constant(Tensor::of<double>({1, 1, 4}, {1, 2, 10, 20}));
  EXPECT_THAT(run(g, convolution(x, k, {}, 2)), ElementsAre(3, 6, 50, 100));
}

TEST(ConvolutionTranspose, is_the_transpose_of_convolution) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({1, 3, 1}, {1, 2, 3})), k = g.constant(Tensor::of<double>({3, 1, 1}, {1, 10, 100}));
  EXPECT_THAT(run(g, convolution_transpose(x, k, {5}, {})), ElementsAre(1, 12, 123, 230, 300));
  EXPECT_THAT(run(g, convolution_transpose(x, k, {7}, {.strides = {2}})), ElementsAre(1, 10, 102, 20, 203, 30, 300));
  EXPECT_THAT(run(g, convolution_transpose(x, k, {3}, {.padding = PaddingMode::same})), ElementsAre(12, 123, 230));
}

TEST(ConvolutionTranspose, keeps_open_axes_open_and_says_what_does_not_fit) {
  Graph g;
  const Value x = g.input("x", {DType::float32, {batch, length, 8}}), k = g.input("k", {DType::float32, {3, 4, 8}});
  const Value y = convolution_transpose(x, k, {length * Dim(2)}, {.strides = {2}, .padding = PaddingMode::same});
  EXPECT_EQ(y.shape(), (Shape{batch, length * Dim(2), 4}));
  const auto d = gradients(sum(y), {x, k});
  EXPECT_EQ(d[0].shape().bind({{"batch", 2}, {"length", 5}}), x.shape().bind({{"batch", 2}, {"length", 5}}));
  EXPECT_EQ(d[1].shape(), k.shape());
  const Value five = g.input("five", {DType::float32, {batch, 5, 8}});
  EXPECT_THAT(error_of([&] { convolution_transpose(five, k, {9}, {.strides = {2}, .padding = PaddingMode::same}); }), HasSubstr("no error"));
  EXPECT_THAT(error_of([&] { convolution_transpose(five, k, {12}, {.strides = {2}, .padding = PaddingMode::same}); }),
              HasSubstr("a convolution of (None, 12, 4) with the kernel (3, 4, 8) gives (None, 6, 8), not (None, 5, 8)"));
  EXPECT_THAT(error_of([&] { convolution_transpose(five, k, {10, 10}, {}); }), HasSubstr("a length for each spatial axis"));
}

TEST(Repeat, puts_copies_side_by_side) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({2, 2}, {1, 2, 3, 4}));
  EXPECT_THAT(run(g, repeat(x, 2, 0)), ElementsAre(1, 2, 1, 2, 3, 4, 3, 4));
  EXPECT_THAT(run(g, repeat(x, 3, -1)), ElementsAre(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4));
  EXPECT_THAT(run(g, gradients(sum(repeat(x, 3, 1) * repeat(x, 3, 1)), {x})[0]), ElementsAre(6, 12, 18, 24));
}

TEST(Einsum, sums_over_the_axes_that_the_result_does_not_name) {
  Graph g;
  const Value a = g.constant(Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6})), b = g.constant(Tensor::of<double>({3, 2}, {1, 10, 2, 20, 3, 30}));
  const Value c = g.constant(Tensor::of<double>({2}, {1, 100}));
  EXPECT_THAT(run(g, einsum("ab,bc->ac", a, b)), ElementsAre(14, 140, 32, 320));
  EXPECT_THAT(run(g, einsum("ab,bc->ca", a, b)), ElementsAre(14, 32, 140, 320));
  EXPECT_THAT(run(g, einsum("ab,cb->ac", a, a)), ElementsAre(14, 32, 32, 77));
  EXPECT_THAT(run(g, einsum("ab,ab->a", a, a)), ElementsAre(14, 77));
  EXPECT_THAT(run(g, einsum("ab,ab->", a, a)), ElementsAre(91));
  EXPECT_THAT(run(g, einsum("ab, a -> ab", a, c)), ElementsAre(1, 2, 3, 400, 500, 600));
  EXPECT_THAT(run(g, einsum("ab,c->c", a, c)), ElementsAre(21, 2100));
  EXPECT_THAT(run(g, einsum("a,b->ab", c, c)), ElementsAre(1, 100, 100, 10000));
  EXPECT_THAT(run(g, einsum("...a,...a->...", a, a)), ElementsAre(14, 77));
  EXPECT_THAT(run(g, einsum("...b,bc->...c", a, b)), ElementsAre(14, 140, 32, 320));
}

// Against sums written out, over operands with batch, free and summed axes in any order.
TEST(Einsum, is_the_sum_that_it_says) {
  const Tensor x = example_tensor({{DType::float64, {2, 3, 4, 5}}}, 1), y = example_tensor({{DType::float64, {4, 6, 2, 3}}}, 2);
  Graph g;
  const Value made = einsum("abcd,ceab->bead", g.constant(x), g.constant(y));
  ASSERT_EQ(made.shape(), (Shape{3, 6, 2, 5}));
  const std::vector<double> got = run(g, made);
  std::size_t i = 0;
  for (int b = 0; b < 3; ++b)
    for (int e = 0; e < 6; ++e)
      for (int a = 0; a < 2; ++a)
        for (int d = 0; d < 5; ++d) {
          double expected = 0;
          for (int c = 0; c < 4; ++c) expected += x.at(((a * 3 + b) * 4 + c) * 5 + d) * y.at(((c * 6 + e) * 2 + a) * 3 + b);
          EXPECT_NEAR(got[i++], expected, 1e-12);
        }
}

TEST(Einsum, keeps_open_axes_open) {
  Graph g;
  const Value x = g.input("x", {DType::float32, {batch, length, 8}}), k = g.input("k", {DType::float32, {8, 2, 3}});
  EXPECT_EQ(einsum("abc,cde->abde", x, k).shape(), (Shape{batch, length, 2, 3}));
  EXPECT_EQ(einsum("abc,adc->abd", x, x).shape(), (Shape{batch, length, length}));
}

TEST(Einsum, says_what_does_not_fit) {
  Graph g;
  const Value a = g.input("a", {DType::float32, {2, 3}}), b = g.input("b", {DType::float32, {4, 2}});
  EXPECT_THAT(error_of([&] { einsum("ab,bc", a, b); }), HasSubstr("is not of the form"));
  EXPECT_THAT(error_of([&] { einsum("ab,bc->ac", a, b); }), HasSubstr("the axis 'b' has 3 elements in (2, 3) and 4 in (4, 2)"));
  EXPECT_THAT(error_of([&] { einsum("abc,bd->ad", a, b); }), HasSubstr("'abc' of 'abc,bd->ad' does not name the axes of (2, 3)"));
  EXPECT_THAT(error_of([&] { einsum("aa,ab->b", a, b); }), HasSubstr("twice"));
  EXPECT_THAT(error_of([&] { einsum("ab,ca->d", a, b); }), HasSubstr("an axis 'd' that no operand has"));
  EXPECT_THAT(error_of([&] { einsum("a1,ca->c", a, b); }), HasSubstr("an axis '1'"));
}

TEST(Pooling, max_gives_the_gradient_to_the_first_of_equals) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({1, 5, 1}, {2, 2, -1, -3, -4}));
  const Value y = max_pool(x, {.size = {2}, .padding = PaddingMode::same});
  EXPECT_THAT(run(g, y), ElementsAre(2, -1, -4));  // padding never wins
  EXPECT_THAT(run(g, gradients(sum(y), {x})[0]), ElementsAre(1, 0, 1, 0, 1));
}

TEST(Pooling, average_counts_only_what_lies_inside) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({1, 3, 1}, {2, 4, 9}));
  const Value y = average_pool(x, {.size = {2}, .padding = PaddingMode::same});
  EXPECT_THAT(run(g, y), ElementsAre(3, 9));
  EXPECT_THAT(run(g, gradients(sum(y), {x})[0]), ElementsAre(0.5, 0.5, 1));
}

TEST(Pooling, says_what_does_not_fit) {
  Graph g;
  const Value x = g.input("x", {DType::float32, {batch, 4, 3}}), labels = g.input("l", {DType::int32, {batch, 4, 3}});
  EXPECT_THAT(error_of([&] { max_pool(x, {.size = {5}}); }), HasSubstr("a window of 5 elements does not fit"));
  EXPECT_THAT(error_of([&] { max_pool(x, {.size = {2, 2}, .strides = {1}}); }), HasSubstr("a window over 2 axes"));
  EXPECT_THAT(error_of([&] { average_pool(x, {.size = {2}, .dilation = {2}}); }), HasSubstr("no dilation"));
  EXPECT_THAT(error_of([&] { max_pool(labels, {.size = {2}}); }), HasSubstr("int32"));
}

TEST(Softmax, goes_along_any_axis_and_does_not_overflow) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({2, 2}, {1000, 0, 1000, 0}));
  EXPECT_THAT(run(g, softmax(x, 0)), ElementsAre(0.5, 0.5, 0.5, 0.5));
  EXPECT_THAT(run(g, softmax(x)), ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(run(g, log_softmax(x)), ElementsAre(0, -1000, 0, -1000));
  EXPECT_EQ(softmax(g.input("x", {DType::float32, {batch, length, 8}}), 1).shape(), (Shape{batch, length, 8}));
}

TEST(CrossEntropy, of_a_label_outside_is_zero) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({3, 2}, {0, 0, 1, 2, 3, 4}));
  const Value loss = sparse_softmax_cross_entropy(x, g.constant(Tensor::of<std::int32_t>({3}, {1, -1, 2})));
  EXPECT_THAT(run(g, loss), ElementsAre(std::log(2.0), 0, 0));
  EXPECT_THAT(run(g, gradients(sum(loss), {x})[0]), ElementsAre(0.5, -0.5, 0, 0, 0, 0));
}

TEST(CrossEntropy, of_a_sigmoid_has_the_right_slope_at_zero) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({2}, {0, 0})), z = g.constant(Tensor::of<double>({2}, {0, 1}));
  EXPECT_THAT(run(g, gradients(sum(sigmoid_cross_entropy(x, z)), {x})[0]), ElementsAre(0.5, -0.5));
}

TEST(CrossEntropy, says_what_does_not_fit) {
  Graph g;
  const Value x = g.input("x", {DType::float32, {batch, 10}}), labels = g.input("l", {DType::int32, {batch, 1}});
  EXPECT_THAT(error_of([&] { sparse_softmax_cross_entropy(x, labels); }),
              HasSubstr("logits (None, 10) need labels (None,), one class number per row, not (None, 1)"));
  EXPECT_THAT(error_of([&] { softmax_cross_entropy(x, g.input("t", {DType::float32, {batch, 9}})); }),
              HasSubstr("logits (None, 10) and targets (None, 9)"));
}

TEST(BatchNorm, takes_statistics_over_every_axis_but_the_last) {
  Graph g;
  const Value x = g.constant(Tensor::of<double>({2, 2, 1}, {1, 3, 5, 7}));
  const Moments m = batch_norm(x, g.constant(Tensor::of<double>({1}, {2})), g.constant(Tensor::of<double>({1}, {10})), 0);
  EXPECT_THAT(run(g, m.mean), ElementsAre(4));
  EXPECT_THAT(run(g, m.variance), ElementsAre(5));
  EXPECT_NEAR(run(g, m.y)[0], 10 - 6 / std::sqrt(5.0), 1e-12);
}

// The sum of 70000 twos is beyond float16, their number is too.
TEST(Mean, of_float16_is_taken_in_float32) {
  Graph g;
  const Value x = g.input("x", {DType::float16, {70000}});
  const Value y = mean(x);
  EXPECT_EQ(y.dtype(), DType::float16);
  g.outputs = {port(y)};
  Tensor twos(DType::float16, {70000});
  for (std::int64_t i = 0; i < twos.elements(); ++i) twos.set(i, 2);
  EXPECT_EQ(interpret(g, {{"x", twos}})[0].at(0), 2);
}

TEST(BatchNorm, takes_statistics_of_bfloat16_in_float32) {
  Graph g;
  const Value x = g.input("x", {DType::bfloat16, {batch, 4}}), c = g.input("c", {DType::float32, {4}});
  const Moments m = batch_norm(x, c, c, 1e-3);
  EXPECT_EQ(m.y.dtype(), DType::bfloat16);
  EXPECT_EQ(m.variance.dtype(), DType::float32);
  EXPECT_THAT(error_of([&] { layer_norm(x, g.input("d", {DType::float32, {5}}), c, 1e-3); }),
              HasSubstr("gamma of shape (5,) does not fit the input (None, 4): (4,) is needed"));
}

TEST(Embedding, adds_up_the_gradients_of_a_row_that_is_used_twice) {
  Graph g;
  const Value table = g.constant(Tensor::of<double>({3, 2}, {1, 2, 3, 4, 5, 6}));
  const Value rows = embedding(table, g.constant(Tensor::of<std::int32_t>({3}, {2, 0, 2})));
  EXPECT_THAT(run(g, rows), ElementsAre(5, 6, 1, 2, 5, 6));
  EXPECT_THAT(run(g, gradients(sum(rows), {table})[0]), ElementsAre(1, 1, 0, 0, 2, 2));
}

TEST(Lstm, keeps_its_state_at_a_masked_step) {
  Graph g;
  const auto random = [&](Shape s, std::uint64_t seed) { return g.constant(example_tensor({{DType::float64, std::move(s)}}, seed)); };
  const Value x = random({3, 2, 3}, 1), h0 = random({2, 4}, 2), c0 = random({2, 4}, 3), kernel = random({3, 16}, 4),
              recurrent = random({4, 16}, 5), bias = random({16}, 6);
  // The second row sees its middle step alone.
  const Value mask = reshape(g.constant(Tensor::of<std::int32_t>({6}, {1, 0, 1, 1, 1, 0})), {3, 2});
  const LstmOutput all = lstm(x, h0, c0, kernel, recurrent, bias), masked = lstm(x, h0, c0, kernel, recurrent, bias, mask);
  const LstmOutput middle = lstm(slice(x, 0, 1, 2), h0, c0, kernel, recurrent, bias);
  const auto row = [&](Value v, int i) { return run(g, take(v, v.rank() - 2, i)); };
  EXPECT_EQ(row(masked.sequence, 0), row(all.sequence, 0));
  EXPECT_EQ(row(masked.cell, 0), row(all.cell, 0));
  EXPECT_EQ(row(take(masked.sequence, 0, 0), 1), row(h0, 1));
  EXPECT_EQ(row(take(masked.sequence, 0, 1), 1), row(middle.hidden, 1));
  EXPECT_EQ(row(take(masked.sequence, 0, 2), 1), row(middle.hidden, 1));
  EXPECT_EQ(row(masked.cell, 1), row(middle.cell, 1));
}

TEST(Lstm, says_what_does_not_fit) {
  Graph g;
  const auto in = [&](const char* name, Shape s) { return g.input(name, {DType::float32, std::move(s)}); };
  const Value x = in("x", {length, batch, 3}), h = in("h", {batch, 4}), kernel = in("k", {5, 16}), recurrent = in("r", {4, 16}), b = in("b", {16});
  EXPECT_THAT(error_of([&] { lstm(x, h, h, kernel, recurrent, b); }),
              HasSubstr("the kernel has shape (5, 16); an input (None, None, 3) and 4 units need (3, 16)"));
}

}  // namespace
}  // namespace strata
