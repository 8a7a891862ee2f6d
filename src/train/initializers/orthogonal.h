#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <strata/initializer.h>

namespace strata::initializers {

// Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014. The weight is
// a matrix (all axes but the last, last): Q of a normal matrix' QR decomposition, by Householder reflections.
struct Orthogonal {
  double gain = 1;
  std::optional<std::int64_t> seed = {};

  static Schema schema() {
    return describe<Orthogonal>("Orthogonal",
        "A matrix with orthonormal rows or columns, whichever are fewer, drawn uniformly.",
        field("gain", &Orthogonal::gain, "Factor on the matrix."),
        field("seed", &Orthogonal::seed,
              "Seed of its own in place of the model's.")).also_named({"OrthogonalInitializer"});
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    if (shape.size() < 2)
      throw Error(ErrorKind::spec,
                  "the initializer Orthogonal needs a weight of rank 2 or more, received rank " + std::to_string(shape.size()));
    const auto columns = static_cast<std::size_t>(shape.back());
    std::size_t rows = 1;
    for (std::size_t i = 0; i + 1 < shape.size(); ++i) rows *= static_cast<std::size_t>(shape[i]);
    const std::size_t m = std::max(rows, columns), n = std::min(rows, columns);

    const RandomStream draws = random.with_seed(seed);
    std::vector<double> a(m * n), q(m * n, 0.0), diagonal(n);  // by columns: element (i, j) at j m + i
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t j = 0; j < n; ++j) a[j * m + i] = draws.normal(i * n + j);
    for (std::size_t k = 0; k < n; ++k) {  // a's column k becomes the reflection's vector
      double* v = &a[k * m];
      const double norm = std::sqrt(dot(v + k, v + k, m - k));
      diagonal[k] = v[k] > 0 ? -norm : norm;
      v[k] -= diagonal[k];
      for (std::size_t j = k + 1; j < n; ++j) reflect(v + k, &a[j * m + k], m - k);
    }
    for (std::size_t j = 0; j < n; ++j) {
      q[j * m + j] = diagonal[j] < 0 ? -gain : gain;  // makes R's diagonal positive, hence Q uniform
      for (std::size_t k = j + 1; k-- > 0;) reflect(&a[k * m + k], &q[j * m + k], m - k);
    }
    return filled(shape, [&](std::uint64_t i) {
      const std::size_t row = i / columns, column = i % columns;
      return rows < columns ? q[row * m + column] : q[column * m + row];
    });
  }

 private:
  static double dot(const double* x, const double* y, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += x[i] * y[i];
    return sum;
  }
  // x - 2 v (v . x) / (v . v)
  static void reflect(const double* v, double* x, std::size_t n) {
    const double square = dot(v, v, n);
    if (square == 0) return;
    const double factor = 2 * dot(v, x, n) / square;
    for (std::size_t i = 0; i < n; ++i) x[i] -= factor * v[i];
  }
};

}  // namespace strata::initializers
