// A dense, row-major, contiguous array on the host. Copying shares the elements; clone() copies them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <strata/dtype.h>

namespace strata {

class Tensor {
 public:
  Tensor() = default;
  // Zeros, or empty texts. The memory of numbers is aligned to 64 bytes.
  Tensor(DType dtype, std::vector<std::int64_t> shape);
  // A copy of `values`, whose number must be the product of `shape`.
  template <class T>
  static Tensor of(std::vector<std::int64_t> shape, std::span<const T> values);
  template <class T>
  static Tensor of(std::vector<std::int64_t> shape, std::initializer_list<T> values) {
    return of<T>(std::move(shape), std::span<const T>(values.begin(), values.size()));
  }
  template <class T>
  static Tensor scalar(T value) { return of<T>({}, {value}); }
  // A tensor over memory that somebody else owns; `owner` keeps it alive.
  static Tensor view(DType dtype, std::vector<std::int64_t> shape, std::shared_ptr<void> owner, void* data);

  DType dtype() const { return dtype_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  int rank() const { return static_cast<int>(shape_.size()); }
  std::int64_t dim(int axis) const { return shape_[axis < 0 ? shape_.size() + axis : axis]; }
  std::int64_t elements() const { return elements_; }
  std::size_t bytes() const { return static_cast<std::size_t>(elements_) * size_of(dtype_); }
  // False for a default-constructed tensor, which stands for "none".
  explicit operator bool() const { return data_ != nullptr; }

  void* data() { return data_.get(); }
  const void* data() const { return data_.get(); }
  // The elements as T; another dtype is an error. (bfloat16 and float16 are read as std::uint16_t bits.)
  template <class T> std::span<T> values();
  template <class T> std::span<const T> values() const;

  Tensor clone() const;
  // The same elements converted to `dtype` (itself when it has that dtype already). Texts are not converted: an Error.
  Tensor astype(DType dtype) const;
  // The same elements under another shape of the same product.
  Tensor reshape(std::vector<std::int64_t> shape) const;
  // Rows [first, last) of axis 0, sharing the elements.
  Tensor rows(std::int64_t first, std::int64_t last) const;
  // Rows of axis 0 by number, copied.
  Tensor rows(std::span<const std::int64_t> order) const;
  // The element at a flat position as a double; a text is an Error.
  double at(std::int64_t index) const;
  void set(std::int64_t index, double value);
  // "float32 (128, 784)".
  std::string str() const;

 private:
  DType dtype_ = DType::float32;
  std::vector<std::int64_t> shape_;
  std::int64_t elements_ = 0;
  std::shared_ptr<std::byte> data_;
};

// Same dtype, same shape, same bytes (or texts).
bool same_bytes(const Tensor& a, const Tensor& b);

}  // namespace strata
