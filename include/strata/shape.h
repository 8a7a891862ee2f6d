// Shapes whose axes are numbers or symbols.
//
// An axis that a model leaves open (the batch; every axis that is null in the spec) is a symbol while the graph is
// traced, and arithmetic on it stays symbolic: Flatten of (batch, t, 8) has 8*t columns. A plan is made when the
// symbols are bound to numbers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace strata {

using Bindings = std::map<std::string, std::int64_t>;

// One axis: a number, or a polynomial in symbols with integer coefficients. Equal polynomials compare equal.
// Arithmetic that leaves 64 bits is an error, never a wrap.
class Dim {
 public:
  Dim(std::int64_t n = 0) : number_(n) {}  // NOLINT: an axis is written as a number
  Dim(int n) : number_(n) {}               // NOLINT
  static Dim symbol(const std::string& name);

  bool is_known() const { return terms_ == nullptr; }
  // The number; an open axis is an error.
  std::int64_t value() const;
  // The number of an axis that is known; nothing checks that it is.
  std::int64_t number() const { return number_; }
  // The number once every symbol has one; a symbol without a binding is an error.
  std::int64_t bind(const Bindings& bindings) const;
  // "32", "batch", "2*t + 1".
  std::string str() const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  // Rounds towards minus infinity. Exact polynomial division is carried out: (6*t) / (2*t) is 3.
  friend Dim floor_div(const Dim& a, const Dim& b);
  friend Dim ceil_div(const Dim& a, const Dim& b);
  friend bool operator==(const Dim& a, const Dim& b);
  friend bool operator!=(const Dim& a, const Dim& b) { return !(a == b); }

 private:
  struct Terms;
  static Dim from(Terms terms);
  const Terms& terms(Terms& storage) const;
  std::int64_t number_ = 0;
  std::shared_ptr<const Terms> terms_;  // null: a number
};

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<Dim> dims) : dims_(dims) {}
  explicit Shape(std::vector<Dim> dims) : dims_(std::move(dims)) {}
  static Shape of(const std::vector<std::int64_t>& dims) { return Shape(std::vector<Dim>(dims.begin(), dims.end())); }

  int rank() const { return static_cast<int>(dims_.size()); }
  // Negative axes count from the end.
  const Dim& operator[](int axis) const { return dims_[axis < 0 ? dims_.size() + axis : axis]; }
  Dim& operator[](int axis) { return dims_[axis < 0 ? dims_.size() + axis : axis]; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  const std::vector<Dim>& dims() const { return dims_; }

  bool is_known() const;
  // Product of the axes (1 for a scalar), checked against overflow.
  Dim elements() const;
  std::vector<std::int64_t> values() const;
  std::vector<std::int64_t> bind(const Bindings& bindings) const;
  // The axes from `first` to before `last`.
  Shape slice(int first, int last) const;
  // "(None, 28, 28, 1)": every open axis reads None, as Keras prints it.
  std::string str() const;

  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }
  friend Shape operator+(const Shape& a, const Shape& b);

 private:
  std::vector<Dim> dims_;
};

// Product of non-negative numbers; a product over 2^62 is an error that names the shape.
std::int64_t checked_elements(const std::vector<std::int64_t>& dims);

}  // namespace strata
