// The arrays of a probe (tests/golden/README.md names the keys), and how near to them a number must come.
#pragma once

#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include <strata/dataset.h>
#include "src/io/atomic_file.h"
#include "src/io/npz.h"

namespace strata {

inline std::string probe_folder() { return std::string(STRATA_SOURCE_DIR) + "/tests/golden/probes/"; }

class Golden {
 public:
  explicit Golden(const std::string& probe) {
    const std::string path = probe_folder() + probe + ".npz";
    for (auto& [name, t] : read_npz(read_file(path, 1 << 24), path)) arrays_[name] = t;
  }
  bool has(const std::string& key) const { return arrays_.count(key) != 0; }
  const Tensor& at(const std::string& key) const { return arrays_.at(key); }
  // The arrays under "prefix/", by the rest of their name.
  std::map<std::string, Tensor> under(const std::string& prefix) const {
    std::map<std::string, Tensor> found;
    for (const auto& [name, t] : arrays_)
      if (name.rfind(prefix + "/", 0) == 0) found[name.substr(prefix.size() + 1)] = t;
    return found;
  }
  Arrays columns(const std::string& prefix) const {
    Arrays columns;
    for (const auto& [name, t] : under(prefix)) columns.add(name, t);
    return columns;
  }
  Dataset batch(const std::string& prefix) const {
    return {columns(prefix + "/x"), columns(prefix + "/y"), columns(prefix + "/sample_weight")};
  }

 private:
  std::map<std::string, Tensor> arrays_;
};

struct Bound {
  double relative, absolute;
};

inline void expect_near(const Tensor& found, const Tensor& expected, Bound bound, const std::string& what) {
  ASSERT_EQ(found.elements(), expected.elements()) << what;
  for (std::int64_t i = 0; i < found.elements(); ++i) {
    const double a = found.at(i), b = expected.at(i);
    if (std::isnan(a) && std::isnan(b)) continue;
    ASSERT_LE(std::abs(a - b), bound.absolute + bound.relative * std::abs(b))
        << what << "[" << i << "]: " << a << ", Keras has " << b;
  }
}
inline void expect_near(double found, double expected, Bound bound, const std::string& what) {
  expect_near(Tensor::scalar(found), Tensor::scalar(expected), bound, what);
}

}  // namespace strata
