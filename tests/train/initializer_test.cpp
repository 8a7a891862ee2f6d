#include <gtest/gtest.h>

#include <cmath>

#include <strata/initializer.h>

namespace strata {
namespace {

Tensor made(const char* name, Config::Mapping arguments, const std::vector<std::int64_t>& shape) {
  Initializer initializer;
  initializer.assign(ObjectConfig{name, std::move(arguments)});
  return initializer(shape, RandomStream(5, "dense/kernel"));
}

double deviation(const Tensor& t) {
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < t.elements(); ++i) sum += t.at(i), squares += t.at(i) * t.at(i);
  const double n = static_cast<double>(t.elements()), mean = sum / n;
  return std::sqrt(squares / n - mean * mean);
}

double largest(const Tensor& t) {
  double m = 0;
  for (std::int64_t i = 0; i < t.elements(); ++i) m = std::max(m, std::abs(t.at(i)));
  return m;
}

TEST(Initializers, all_of_keras_are_there) { EXPECT_EQ(components(Initializer::kind).size(), 16u); }

// A convolution kernel (3, 3, 20, 30): fan_in 180, fan_out 270.
TEST(Initializers, variance_follows_the_fans) {
  const std::vector<std::int64_t> shape = {3, 3, 20, 30};
  const std::pair<const char*, double> expected[] = {{"GlorotUniform", 1 / 225.0}, {"GlorotNormal", 1 / 225.0}, {"HeUniform", 2 / 180.0},
                                                     {"HeNormal", 2 / 180.0}, {"LecunUniform", 1 / 180.0}, {"LecunNormal", 1 / 180.0}};
  for (const auto& [name, variance] : expected) {
    const Tensor t = made(name, {}, shape);
    EXPECT_NEAR(deviation(t), std::sqrt(variance), 0.03 * std::sqrt(variance)) << name;
    const bool uniform = std::string(name).ends_with("Uniform");
    EXPECT_LE(largest(t), std::sqrt(variance) * (uniform ? std::sqrt(3.0) : 2 / 0.87962566103423978)) << name;
  }
  EXPECT_NEAR(deviation(made("VarianceScaling", {{"mode", "fan_out"}, {"distribution", "untruncated_normal"}, {"scale", 3}}, shape)),
              std::sqrt(3 / 270.0), 0.03 * std::sqrt(3 / 270.0));
  EXPECT_NEAR(deviation(made("HeNormal", {{"input_axes", Config::List{-1}}, {"output_axes", Config::List{0}}}, shape)), std::sqrt(2 / 30.0), 0.01);
}

TEST(Initializers, a_vector_and_a_scalar_have_fans_too) {
  EXPECT_LE(largest(made("GlorotUniform", {}, {600})), std::sqrt(3 / 600.0));
  EXPECT_LE(largest(made("GlorotUniform", {}, {})), std::sqrt(3.0));
}

void expect_orthonormal(const Tensor& t, std::int64_t rows, std::int64_t columns, double gain) {
  const bool by_rows = rows < columns;
  const std::int64_t n = by_rows ? rows : columns, m = by_rows ? columns : rows;
  const auto at = [&](std::int64_t vector, std::int64_t i) { return by_rows ? t.at(vector * columns + i) : t.at(i * columns + vector); };
  for (std::int64_t a = 0; a < n; ++a)
    for (std::int64_t b = 0; b < n; ++b) {
      double dot = 0;
      for (std::int64_t i = 0; i < m; ++i) dot += at(a, i) * at(b, i);
      ASSERT_NEAR(dot, a == b ? gain * gain : 0, 1e-12) << rows << "x" << columns << " " << a << " " << b;
    }
}

TEST(Initializers, orthogonal_is) {
  expect_orthonormal(made("Orthogonal", {}, {7, 4}), 7, 4, 1);
  expect_orthonormal(made("Orthogonal", {}, {4, 7}), 4, 7, 1);
  expect_orthonormal(made("Orthogonal", {{"gain", 2}}, {6, 6}), 6, 6, 2);
  expect_orthonormal(made("Orthogonal", {}, {3, 3, 2, 5}), 18, 5, 1);
  EXPECT_THROW(made("Orthogonal", {}, {5}), Error);
}

// Q of a = Q R with R's diagonal positive: R = Q' a, and its lower triangle is 0. `a` is drawn as the initializer draws it.
TEST(Initializers, orthogonal_is_q_of_the_drawn_matrix) {
  const std::int64_t m = 5, n = 3;
  const Tensor q = made("Orthogonal", {}, {m, n});
  const RandomStream random(5, "dense/kernel");
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j <= i; ++j) {
      double r = 0;
      for (std::int64_t k = 0; k < m; ++k) r += q.at(k * n + i) * random.normal(static_cast<std::uint64_t>(k * n + j));
      if (i == j) EXPECT_GT(r, 0);
      else EXPECT_NEAR(r, 0, 1e-12);
    }
}

TEST(Initializers, a_seed_of_its_own_replaces_the_models) {
  const Tensor a = made("RandomNormal", {{"seed", 1}}, {8});
  EXPECT_TRUE(same_bytes(a, made("RandomNormal", {{"seed", 1}}, {8})));
  EXPECT_FALSE(same_bytes(a, made("RandomNormal", {{"seed", 2}}, {8})));
  EXPECT_FALSE(same_bytes(a, made("RandomNormal", {}, {8})));
}

TEST(Initializers, constants) {
  EXPECT_EQ(made("Zeros", {}, {3}).at(2), 0);
  EXPECT_EQ(made("Ones", {}, {3}).at(2), 1);
  EXPECT_EQ(made("Constant", {{"value", 2.5}}, {3}).at(1), 2.5);
  const Tensor identity = made("Identity", {{"gain", 3}}, {2, 3});
  const double expected[] = {3, 0, 0, 0, 3, 0};
  for (std::int64_t i = 0; i < 6; ++i) EXPECT_EQ(identity.at(i), expected[i]);
}

// SciPy's get_window("hann", 4, fftbins=False) is 0, 0.75, 0.75, 0.
TEST(Initializers, stft_is_a_windowed_fourier_kernel) {
  const Tensor real = made("STFT", {}, {4, 1, 3});
  const double window[] = {0, 0.75, 0.75, 0}, norm = std::sqrt(2 * 0.75 * 0.75), pi = std::acos(-1.0);
  for (std::int64_t t = 0; t < 4; ++t)
    for (std::int64_t k = 0; k < 3; ++k)
      EXPECT_NEAR(real.at(t * 3 + k), std::cos(2 * pi * static_cast<double>(t * k) / 4) * window[t] / norm, 1e-12);
}

}  // namespace
}  // namespace strata
