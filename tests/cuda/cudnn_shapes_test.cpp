// Convolutions, attention and an lstm's weights as cuDNN is given them: shapes, padding, strides and the order of weights, walked
// through on the host.
#include <array>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/attention_shape.h"
#include "backend/cuda/convolution_shape.h"
#include "backend/cuda/lstm_weights.h"
#include "tests/cuda/regions.h"

namespace strata {
namespace {

using cuda::AttentionShape;
using cuda::Box;
using cuda::ConvolutionShape;
using cuda::LstmWeights;
using cuda::Strided;
using Integers = std::vector<std::int64_t>;

std::vector<double> numbers(const Tensor& t) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < t.elements(); ++i) all.push_back(t.at(i));
  return all;
}
// As a kernel moves a box's elements.
void walk(const Box& box, const std::vector<double>& from, std::vector<double>& to) {
  for (std::int64_t i = 0; i < box.elements(); ++i) {
    const Box::Places p = box.places(i);
    ASSERT_GE(p.to, 0);
    ASSERT_LT(p.to, static_cast<std::int64_t>(to.size()));
    to[static_cast<std::size_t>(p.to)] = from.at(static_cast<std::size_t>(p.from));
  }
}

// A convolution as cuDNN defines it, over dense arrays with channels last.
std::vector<double> convolved(const ConvolutionShape& s, const std::vector<double>& x, const std::vector<double>& filters) {
  const Integers of_x = cuda::channels_last(s.x), of_kernel = cuda::channels_last(s.kernel), of_y = cuda::channels_last(s.y);
  const std::int64_t groups = s.x[1] / s.kernel[1];
  const std::size_t spatial = s.strides.size();
  std::vector<double> y(static_cast<std::size_t>(cuda::elements(s.y)));
  const auto each = [&](const Integers& sizes, auto f) {
    Integers at(sizes.size());
    for (std::int64_t i = 0, n = cuda::elements(sizes); i < n; ++i) {
      std::int64_t rest = i;
      for (std::size_t a = sizes.size(); a-- > 0; rest /= sizes[a]) at[a] = rest % sizes[a];
      f(at);
    }
  };
  each(s.y, [&](const Integers& o) {
    double sum = 0;
    each({s.kernel.begin() + 1, s.kernel.end()}, [&](const Integers& k) {
      std::int64_t at_x = o[0] * of_x[0] + (o[1] / (s.y[1] / groups) * s.kernel[1] + k[0]) * of_x[1], at_kernel = o[1] * of_kernel[0] + k[0] * of_kernel[1];
      for (std::size_t a = 0; a < spatial; ++a) {
        const std::int64_t i = o[a + 2] * s.strides[a] + k[a + 1] * s.dilation[a] - s.low[a];
        if (i < 0 || i >= s.x[a + 2]) return;
        at_x += i * of_x[a + 2];
        at_kernel += k[a + 1] * of_kernel[a + 2];
      }
      sum += x.at(static_cast<std::size_t>(at_x)) * filters.at(static_cast<std::size_t>(at_kernel));
    });
    std::int64_t at_y = 0;
    for (std::size_t a = 0; a < o.size(); ++a) at_y += o[a] * of_y[a];
    y[static_cast<std::size_t>(at_y)] = sum;
  });
  // The last window that the padding behind allows is the last of y.
  for (std::size_t a = 0; a < spatial; ++a)
    EXPECT_EQ((s.x[a + 2] + s.low[a] + s.high[a] - (s.kernel[a + 2] - 1) * s.dilation[a] - 1) / s.strides[a] + 1, s.y[a + 2]);
  return y;
}

TEST(CudnnShapes, describe_every_convolution_as_the_reference_computes_it) {
  int uneven = 0, all = 0;
  for (const RegionCase& c : example_cases(DType::float64, [](const Op& op) { return op.name == "convolution"; })) {
    const RegionOp& op = c.region.ops[0];
    if (!op.attributes->flag("filters_first")) continue;
    const auto made = cuda::convolution_shape(c.region.inputs[0], c.region.inputs[1], op.outputs[0], *op.attributes);
    ASSERT_TRUE(std::holds_alternative<ConvolutionShape>(made)) << c.what;
    const ConvolutionShape& s = std::get<ConvolutionShape>(made);
    const std::vector<double> x = numbers(c.inputs[0]), filters = numbers(c.inputs[1]), expected = numbers(c.expected[0]);
    EXPECT_THAT(convolved(s, x, filters), testing::Pointwise(testing::DoubleNear(1e-12), expected)) << c.what;

    // Padded alike on both sides, x among zeros.
    const ConvolutionShape::Evenly e = s.evenly();
    EXPECT_TRUE(e.shape.is_even());
    std::vector<double> padded(static_cast<std::size_t>(cuda::elements(e.shape.x)));
    walk(e.inside, x, padded);
    EXPECT_THAT(convolved(e.shape, padded, filters), testing::Pointwise(testing::DoubleNear(1e-12), expected)) << c.what << ", padded";
    std::vector<double> cropped(x.size(), NAN);
    walk(cuda::turned(e.inside), padded, cropped);
    EXPECT_EQ(cropped, x) << c.what;
    uneven += !s.is_even();
    ++all;
  }
  EXPECT_GT(all, 20);
  EXPECT_GT(uneven, 5);
}

// Each place of a dense memory is that of one element.
void expect_covers(const Strided& a, std::int64_t places) {
  std::vector<int> met(static_cast<std::size_t>(places));
  for (std::int64_t i = 0; i < cuda::elements(a.dims); ++i) {
    std::int64_t at = 0, rest = i;
    for (std::size_t axis = a.dims.size(); axis-- > 0; rest /= a.dims[axis]) at += rest % a.dims[axis] * a.strides[axis];
    ++met.at(static_cast<std::size_t>(at));
  }
  EXPECT_THAT(met, testing::Each(1));
}

// An array of four axes in memory, read and written as it is described.
struct Described {
  Strided how;
  std::vector<double> memory;

  explicit Described(const Strided& described) : how(described), memory(static_cast<std::size_t>(cuda::elements(described.dims))) {}
  Described(const Strided& described, std::vector<double> values) : how(described), memory(std::move(values)) {}
  double& operator()(std::int64_t b, std::int64_t n, std::int64_t i, std::int64_t j) {
    return memory.at(static_cast<std::size_t>(b * how.strides[0] + n * how.strides[1] + i * how.strides[2] + j * how.strides[3]));
  }
  Described as(const Strided& other) const { return {other, memory}; }
};
// Matrix by matrix, written as `to` describes it.
Described product(Described a, Described b, const Strided& to) {
  Described c(to);
  for (std::int64_t r = 0; r < to.dims[0]; ++r)
    for (std::int64_t n = 0; n < to.dims[1]; ++n)
      for (std::int64_t i = 0; i < to.dims[2]; ++i)
        for (std::int64_t j = 0; j < to.dims[3]; ++j)
          for (std::int64_t k = 0; k < a.how.dims[3]; ++k) c(r, n, i, j) += a(r, n, i, k) * b(r, n, k, j);
  return c;
}

// Attention and its gradients as attention_cudnn.cpp describes them.
TEST(CudnnShapes, describe_every_attention_as_the_reference_computes_it) {
  int forward = 0, backward = 0;
  for (const RegionCase& c : node_cases(DType::float64, [](std::string_view op) { return op.starts_with("attention"); })) {
    const RegionOp& op = c.region.ops[0];
    if (op.attributes->flag("has_mask")) continue;
    const auto made = cuda::attention_shape(c.region.inputs[0], c.region.inputs[1], c.region.inputs[2]);
    ASSERT_TRUE(std::holds_alternative<AttentionShape>(made)) << c.what;
    const AttentionShape& s = std::get<AttentionShape>(made);
    for (const auto& [described, places] : {std::pair{s.q(), c.inputs[0].elements()}, {s.k(), c.inputs[1].elements()}, {s.k_turned(), c.inputs[1].elements()},
                                            {s.v(), c.inputs[2].elements()}, {s.v_turned(), c.inputs[2].elements()}, {s.scores_turned(), cuda::elements(s.scores().dims)}})
      expect_covers(described, places);
    const auto over_scores = [&](auto f) {
      for (std::int64_t r = 0; r < s.rows; ++r)
        for (std::int64_t n = 0; n < s.heads; ++n)
          for (std::int64_t t = 0; t < s.queries; ++t) f(r, n, t);
    };
    const double scale = op.attributes->number("scale");
    const bool causal = op.attributes->flag("causal");
    const Described q(s.q(), numbers(c.inputs[0])), k(s.k(), numbers(c.inputs[1])), v(s.v(), numbers(c.inputs[2]));
    Described x = product(q, k.as(s.k_turned()), s.scores()), p = x, lse(s.of_query());
    over_scores([&](std::int64_t r, std::int64_t n, std::int64_t t) {
      double l = 0;
      for (std::int64_t j = 0; j < s.keys; ++j) l += causal && j > t ? 0 : std::exp(scale * x(r, n, t, j));
      lse(r, n, t, 0) = std::log(l);
      for (std::int64_t j = 0; j < s.keys; ++j) p(r, n, t, j) = causal && j > t ? 0 : std::exp(scale * x(r, n, t, j) - lse(r, n, t, 0));
    });
    Described y = product(p, v, s.y());
    const auto near = [](const Tensor& expected) { return testing::Pointwise(testing::DoubleNear(1e-12), numbers(expected)); };
    if (op.name == "attention") {
      EXPECT_THAT(y.memory, near(c.expected[0])) << c.what;
      ++forward;
      continue;
    }
    Described dy(s.y(), numbers(c.inputs[6])), dx = product(dy, v.as(s.v_turned()), s.scores());
    over_scores([&](std::int64_t r, std::int64_t n, std::int64_t t) {
      double sum = 0;
      for (std::int64_t j = 0; j < s.depth; ++j) sum += dy(r, n, t, j) * y(r, n, t, j);
      for (std::int64_t j = 0; j < s.keys; ++j) dx(r, n, t, j) = scale * p(r, n, t, j) * (dx(r, n, t, j) - sum);
    });
    EXPECT_THAT(product(dx, k, s.q()).memory, near(c.expected[0])) << c.what;
    EXPECT_THAT(product(dx.as(s.scores_turned()), q, s.k()).memory, near(c.expected[1])) << c.what;
    EXPECT_THAT(product(p.as(s.scores_turned()), dy, s.v()).memory, near(c.expected[2])) << c.what;
    ++backward;
  }
  EXPECT_GE(forward, 8);
  EXPECT_EQ(forward, backward);
}

TEST(CudnnShapes, lstm_weights_lie_gate_by_gate_with_units_outermost) {
  constexpr std::int64_t features = 3, units = 2;
  std::array<std::int64_t, 8> matrices{};
  std::array<std::int64_t, 4> biases{};
  std::int64_t at = 5;
  for (std::size_t i = 0; i < 8; ++i) matrices[i] = at, at += units * (i < 4 ? features : units);
  for (std::size_t i = 0; i < 4; ++i) biases[i] = at, at += units;
  const auto w = LstmWeights::at(features, units, matrices, biases);
  ASSERT_TRUE(w);
  const auto filled = [](std::int64_t n, double from) {
    std::vector<double> v;
    for (std::int64_t i = 0; i < n; ++i) v.push_back(from + static_cast<double>(i));
    return v;
  };
  const std::vector<double> kernel = filled(features * 4 * units, 100), recurrent = filled(units * 4 * units, 200), bias = filled(4 * units, 300);
  std::vector<double> space(static_cast<std::size_t>(at), NAN);
  walk(w->input_box(), kernel, space);
  walk(w->recurrent_box(), recurrent, space);
  walk(w->bias_box(), bias, space);
  for (std::size_t gate = 0; gate < 4; ++gate)
    for (std::int64_t u = 0; u < units; ++u) {
      const std::int64_t column = static_cast<std::int64_t>(gate) * units + u;
      for (std::int64_t d = 0; d < features; ++d)
        EXPECT_EQ(space[static_cast<std::size_t>(matrices[gate] + u * features + d)], kernel[static_cast<std::size_t>(d * 4 * units + column)]);
      for (std::int64_t d = 0; d < units; ++d)
        EXPECT_EQ(space[static_cast<std::size_t>(matrices[4 + gate] + u * units + d)], recurrent[static_cast<std::size_t>(d * 4 * units + column)]);
      EXPECT_EQ(space[static_cast<std::size_t>(biases[gate] + u)], bias[static_cast<std::size_t>(column)]);
    }
  std::vector<double> again(kernel.size(), NAN);
  walk(cuda::turned(w->input_box()), space, again);
  EXPECT_EQ(again, kernel);
  ++matrices[2];
  EXPECT_FALSE(LstmWeights::at(features, units, matrices, biases));
}

}  // namespace
}  // namespace strata
