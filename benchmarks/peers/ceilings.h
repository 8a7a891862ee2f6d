// What the machine can do at this minute: the two rates that floors are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace strata {
class Backend;
}

namespace strata::peers {

// Seconds of a product of two 1024 x 1024 matrices by a backend: 2^31 floating-point operations.
class Gemm {
 public:
  explicit Gemm(Backend& backend);
  ~Gemm();
  static constexpr double flop = 2.0 * 1024 * 1024 * 1024;
  double seconds();

 private:
  struct Prepared;
  std::unique_ptr<Prepared> prepared_;
};

// Seconds of copying half of a working set onto its other half, by every thread of the OpenMP pool.
class Copy {
 public:
  explicit Copy(double working_set);
  double bytes() const { return 2 * static_cast<double>(from_.size()); }  // read and written
  double seconds();

 private:
  std::vector<char> from_, to_;
};

}  // namespace strata::peers
