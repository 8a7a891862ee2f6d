// Index arithmetic of kernels, walked through on the host: it must reach the elements that the reference reaches.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backend/cuda/gemm.h"
#include "backend/cuda/movement_box.h"
#include "backend/cuda/scatter_order.h"
#include "tests/cuda/regions.h"

namespace strata {
namespace {

using cuda::Box;
using cuda::Gemm;
using cuda::ScatterOrder;

bool is_box(const Op& op) {
  for (const std::string_view name : {"copy", "broadcast_to", "transpose", "slice", "slice_gradient", "pad", "reverse"})
    if (op.name == name) return true;
  return false;
}

// y, an element of 1 byte or of 4 at a time, by the units that a kernel would move.
template <class T>
void walk(const Box& box, const T* x, T* y) {
  const int together = box.neighbours(16 / static_cast<int>(sizeof(T)));
  const Box units = box.grouped(together);
  for (std::int64_t i = 0; i < units.elements(); ++i) {
    const Box::Places wide = units.places<std::int64_t>(i), narrow = units.places<unsigned>(static_cast<unsigned>(i));
    ASSERT_EQ(wide.from, narrow.from);
    ASSERT_EQ(wide.to, narrow.to);
    for (int k = 0; k < together; ++k) y[wide.to * together + k] = x[wide.from * together + k];
  }
}

TEST(CudaGeometry, boxes_reach_the_elements_of_the_reference) {
  int boxes = 0;
  for (RegionCase& c : example_cases(DType::float32, is_box)) {
    const RegionOp& op = c.region.ops[0];
    const auto box = cuda::movement_box(op, c.region);
    ASSERT_TRUE(box) << c.what;
    Tensor y(c.expected[0].dtype(), c.expected[0].shape());
    if (box->elements() != y.elements())
      for (std::int64_t i = 0; i < y.elements(); ++i) y.set(i, op.attributes->has("value") ? op.attributes->number("value") : 0);
    if (size_of(y.dtype()) == 1) walk(*box, static_cast<const char*>(c.inputs[0].data()), static_cast<char*>(y.data()));
    else walk(*box, static_cast<const float*>(c.inputs[0].data()), static_cast<float*>(y.data()));
    EXPECT_EQ(bytes_of(y), bytes_of(c.expected[0])) << c.what;
    ++boxes;
  }
  EXPECT_GT(boxes, 30);
}

TEST(CudaGeometry, neighbours_move_together_where_everything_divides) {
  Box rows;  // a slice of columns 8 to 16 of rows of 32
  rows.from = 8;
  rows.add(5, 32, 8);
  rows.add(8, 1, 1);
  EXPECT_EQ(rows.neighbours(4), 4);
  EXPECT_EQ(rows.neighbours(16), 8);
  rows.from = 6;
  EXPECT_EQ(rows.neighbours(4), 2);
  Box transposed;
  transposed.add(4, 1, 8);
  transposed.add(8, 4, 1);
  EXPECT_EQ(transposed.neighbours(4), 1);
  EXPECT_EQ(transposed.across(), 0);
}

// c, matrix by matrix, from addresses as the library gets them.
TEST(CudaGeometry, batches_of_products_lie_where_the_reference_finds_them) {
  struct Row { Shape a, b; bool ta, tb; std::size_t loops; };
  const Row rows[] = {{{3, 4}, {4, 5}, false, false, 0},          {{4, 3}, {4, 5}, true, false, 0},        {{3, 4}, {5, 4}, false, true, 0},
                      {{2, 6, 3, 4}, {4, 5}, false, false, 0},    {{6, 3, 4}, {6, 4, 5}, false, false, 0}, {{2, 3, 3, 4}, {2, 3, 4, 5}, false, false, 0},
                      {{3, 4}, {6, 4, 5}, false, false, 0},       {{6, 4, 3}, {4, 5}, true, false, 0},     {{2, 1, 3, 4}, {2, 6, 4, 5}, false, false, 1},
                      {{2, 1, 3, 4}, {1, 6, 4, 5}, false, true, 1}, {{1, 6, 3, 4}, {2, 1, 4, 5}, false, false, 1}, {{2, 1, 3, 3, 4}, {1, 4, 3, 4, 5}, false, false, 2},
                      {{1, 1}, {1, 1}, false, false, 0}};
  for (const Row& row : rows) {
    Shape b = row.b;
    if (row.tb && b.rank() > 2) b = Shape{b[0].value(), b[1].value(), b[3].value(), b[2].value()};
    const OpExample example{"matmul", {{{DType::float64, row.a}}, {{DType::float64, b}}}, {{"transpose_a", std::int64_t{row.ta}}, {"transpose_b", std::int64_t{row.tb}}}};
    auto built = example_graph(example, false);
    const RegionCase c = case_of("matmul " + row.a.str() + " by " + b.str(), std::make_shared<Graph>(std::move(built->graph)), built->inputs);
    const Gemm g = cuda::gemm_of(c.region);
    EXPECT_EQ(g.loops.size(), row.loops) << c.what;
    EXPECT_EQ(g.batches() * g.batch * g.m * g.n, c.expected[0].elements()) << c.what;
    for (std::int64_t batch = 0; batch < g.batches(); ++batch) {
      const auto [from_a, from_b] = g.begin(batch);
      for (std::int64_t s = 0; s < g.batch; ++s) {
        const double* const x = static_cast<const double*>(c.inputs[0].data()) + from_a + s * g.stride_a;
        const double* const y = static_cast<const double*>(c.inputs[1].data()) + from_b + s * g.stride_b;
        for (std::int64_t i = 0; i < g.m; ++i)
          for (std::int64_t j = 0; j < g.n; ++j) {
            double sum = 0;
            for (std::int64_t k = 0; k < g.k; ++k)
              sum += (g.transpose_a ? x[k * g.lda() + i] : x[i * g.lda() + k]) * (g.transpose_b ? y[j * g.ldb() + k] : y[k * g.ldb() + j]);
            ASSERT_NEAR(sum, c.expected[0].at(((batch * g.batch + s) * g.m + i) * g.n + j), 1e-12) << c.what;
          }
      }
    }
  }
}

// Sums of every operand over every set of axes, as they are and in another shape: what is taken for a sum over the terms of the product
// is one, and the gradient of a bias is taken for one.
TEST(CudaGeometry, sums_over_the_terms_of_a_product_are_told_from_others) {
  struct Row { Shape a, b; bool ta, tb; };
  const Row rows[] = {{{4, 3}, {3, 5}, false, false}, {{3, 4}, {3, 5}, true, false}, {{4, 3}, {5, 3}, false, true}, {{3, 4}, {5, 3}, true, true},
                      {{4, 4}, {4, 4}, false, false}, {{4, 4}, {4, 4}, true, false}, {{4, 4}, {4, 4}, false, true}, {{4, 1}, {1, 5}, false, false},
                      {{1, 3}, {3, 5}, false, false}, {{3, 1}, {3, 5}, true, false}, {{4, 3}, {3, 1}, false, false}, {{2, 4, 3}, {3, 5}, false, false},
                      {{2, 4, 3}, {2, 3, 5}, false, false}, {{12, 4}, {12, 5}, true, false}, {{12, 4}, {5, 12}, true, true}};
  int taken = 0;
  for (const Row& row : rows)
    for (const int operand : {0, 1})
      for (const bool reshapes : {false, true}) {
        const Shape& own = operand == 0 ? row.a : row.b;
        Shape shape = own;
        if (reshapes && own == Shape{12, 4}) shape = {2, 6, 4};
        else if (reshapes && own == Shape{12, 5}) shape = {3, 4, 5};
        else if (reshapes && own == Shape{5, 12}) shape = {5, 2, 6};
        else if (reshapes) continue;
        for (unsigned set = 1; set < 1u << shape.rank(); ++set) {
          Axes axes;
          for (int i = 0; i < shape.rank(); ++i)
            if (set >> i & 1) axes.push_back(i);
          auto graph = std::make_shared<Graph>();
          const TensorType ta{DType::float64, row.a}, tb{DType::float64, row.b};
          const Value x = graph->input("a", ta), y = graph->input("b", tb), product = matmul(x, y, row.ta, row.tb);
          const Value of = operand == 0 ? x : y, summed = sum(shape == own ? of : reshape(of, shape), axes);
          graph->outputs = {port(summed), port(product)};
          const RegionCase c = case_of(fmt::format("{} by {} ({}, {}), sum of {} over {}", row.a.str(), row.b.str(), row.ta, row.tb, shape.str(), set), graph,
                                       {{"a", example_tensor({ta}, 1)}, {"b", example_tensor({tb}, 2)}});
          const Gemm g = cuda::gemm_of(c.region);
          const auto found = cuda::sum_of_terms(c.region, g);
          const int terms = (operand == 0) == (operand == 0 ? row.ta : row.tb) ? own.rank() - 2 : own.rank() - 1;  // the axis of the operand
          const bool is_one = g.batch == 1 && (shape == own ? axes == Axes{terms} : terms == 0 ? set == 3 : set == 6);
          EXPECT_TRUE(found || !is_one) << c.what;
          if (!found) continue;
          EXPECT_EQ(found->output, 0) << c.what;
          const std::int64_t sums = found->operand == 0 ? g.m : g.n;
          ASSERT_EQ(c.expected[0].elements(), sums) << c.what;
          const auto* const values = static_cast<const double*>(c.inputs[static_cast<std::size_t>(found->operand)].data());
          for (std::int64_t i = 0; i < sums; ++i) {
            double total = 0;
            for (std::int64_t k = 0; k < g.k; ++k)
              total += found->operand == 0 ? (g.transpose_a ? values[k * g.lda() + i] : values[i * g.lda() + k])
                                           : (g.transpose_b ? values[i * g.ldb() + k] : values[k * g.ldb() + i]);
            ASSERT_NEAR(total, c.expected[0].at(i), 1e-12) << c.what;
          }
          ++taken;
        }
      }
  EXPECT_GT(taken, 30);
}

TEST(CudaGeometry, merging_runs_sorts) {
  for (const std::int64_t n : {1, 2, 5, 64, 100, 1000}) {
    std::mt19937_64 random(7);
    std::vector<ScatterOrder::Key> keys, other(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) keys.push_back(ScatterOrder::key(static_cast<std::int64_t>(random() % 9), i));
    std::vector<ScatterOrder::Key> expected = keys;
    std::sort(expected.begin(), expected.end());
    for (std::int64_t length = 1; length < n; length *= 2) {
      for (std::int64_t i = 0; i < n; ++i) other[static_cast<std::size_t>(ScatterOrder::merged_place(keys.data(), i, n, length))] = keys[static_cast<std::size_t>(i)];
      keys.swap(other);
    }
    EXPECT_EQ(keys, expected) << n;
  }
}

// Sums by pieces and joins, as the two kernels make them: each row once, each entry once, whatever the lengths of the rows.
TEST(CudaGeometry, pieces_and_joins_add_every_entry_once) {
  for (const std::int64_t rows : {1, 2, 7, 300})
    for (const std::int64_t n : {1, 31, 32, 33, 64, 65, 96, 200, 1000}) {
      std::mt19937_64 random(static_cast<std::uint64_t>(rows * 1000 + n));
      std::vector<ScatterOrder::Key> keys;
      std::vector<std::int64_t> expected(static_cast<std::size_t>(rows)), got(static_cast<std::size_t>(rows)), written(static_cast<std::size_t>(rows));
      for (std::int64_t i = 0; i < n; ++i) {
        const auto row = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(rows));
        keys.push_back(ScatterOrder::key(row, i));
        expected[static_cast<std::size_t>(row)] += i * i + 1;
      }
      std::sort(keys.begin(), keys.end());
      const auto sum = [&](std::int64_t begin, std::int64_t end) {
        std::int64_t s = 0;
        for (std::int64_t i = begin; i < end; ++i) s += ScatterOrder::entry_of(keys[static_cast<std::size_t>(i)]) * ScatterOrder::entry_of(keys[static_cast<std::size_t>(i)]) + 1;
        return s;
      };
      const std::int64_t pieces = (n + ScatterOrder::piece - 1) / ScatterOrder::piece;
      std::vector<std::int64_t> shared(static_cast<std::size_t>(2 * pieces), -1'000'000'000);
      for (std::int64_t p = 0; p < pieces; ++p)
        ScatterOrder::for_each_stretch(keys.data(), p, n, [&](const ScatterOrder::Stretch& s) {
          if (s.begins && s.ends) got[static_cast<std::size_t>(s.row)] = sum(s.begin, s.end), ++written[static_cast<std::size_t>(s.row)];
          else shared[static_cast<std::size_t>(2 * p + (s.begins ? 1 : 0))] = sum(s.begin, s.end);
        });
      for (std::int64_t p = 0; p < pieces; ++p) {
        const std::int64_t last = ScatterOrder::last_piece_of_row_that_begins(keys.data(), p, n);
        if (last == p) continue;
        const auto row = static_cast<std::size_t>(ScatterOrder::row_of(keys[static_cast<std::size_t>((p + 1) * ScatterOrder::piece)]));
        std::int64_t s = shared[static_cast<std::size_t>(2 * p + 1)];
        for (std::int64_t q = p + 1; q <= last; ++q) s += shared[static_cast<std::size_t>(2 * q)];
        got[row] = s;
        ++written[row];
      }
      EXPECT_EQ(got, expected) << rows << " rows, " << n << " entries";
      for (std::int64_t r = 0; r < rows; ++r) EXPECT_EQ(written[static_cast<std::size_t>(r)], expected[static_cast<std::size_t>(r)] > 0) << "row " << r;
    }
}

}  // namespace
}  // namespace strata
