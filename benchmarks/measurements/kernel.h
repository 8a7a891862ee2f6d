#pragma once
// A oneDNN primitive with its arguments bound to plain arrays, built for any number of rows: so that the same case can
// run whole, at several thread counts, or as slices of the batch.
#include <cstddef>
#include <functional>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

namespace strata::measure {

struct Free {
  void operator()(float* p) const;
};
using Array = std::unique_ptr<float[], Free>;
Array make_array(size_t size);      // aligned to 64 bytes, zero

const dnnl::engine& cpu();

struct Kernel {
  struct Step {
    std::function<void(dnnl::stream&)> execute;
    bool converts_weights = false;      // between Keras' form and the form that the primitive chose
  };
  std::vector<Step> steps;
  std::string implementation;
  size_t extra_bytes = 0;      // scratchpad and packed weights

  enum class Part { all, without_conversion, conversion };
  void run(Part part = Part::all);
};

enum class Role { row_input, shared_input, row_output, summed_output };

struct Operand {
  std::string name;
  Role role;
  size_t size;      // per row for row_*, whole for the others
};

// Keras' form: HWIO, (in, out), (in, gate, out). `chosen` lets the primitive choose, and converts.
enum class WeightForm { keras, chosen };

struct Case {
  std::string name;
  int rows = 0;
  double flop = 0;      // of all rows
  std::vector<Operand> operands;
  std::function<Kernel(int rows, const std::vector<float*>& at)> build;
};

// The arrays of one case, filled the same way every time.
struct Data {
  explicit Data(const Case& c);
  std::vector<float*> at() const;
  std::vector<float*> slice(const Case& c, int first_row) const;
  std::vector<Array> arrays;
  std::vector<size_t> sizes;
};

// The batch in `count` slices of rows, each by one-thread primitives; summed outputs are added in the order of the
// slices.
class Slices {
public:
  Slices(const Case& c, const Data& data, int count);
  void run(bool parallel = true);
  size_t extra_bytes() const { return extra_bytes_; }

private:
  const Case& case_;      // both outlive the slices
  const Data& data_;
  std::vector<Kernel> kernels_;
  std::vector<std::vector<Array>> partial_;
  size_t extra_bytes_ = 0;
};

}      // namespace strata::measure
