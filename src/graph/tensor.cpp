#include <strata/tensor.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <strata/error.h>
#include <strata/shape.h>

namespace strata {
namespace {

std::shared_ptr<std::byte> allocate(DType dtype, std::size_t elements) {
  if (dtype == DType::string)
    return {reinterpret_cast<std::byte*>(new std::string[elements + 1]), [](std::byte* p) { delete[] reinterpret_cast<std::string*>(p); }};
  const std::size_t bytes = elements * size_of(dtype);
  // A tensor without elements still has an address, so that "none" and "empty" differ.
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + 63) / 64 * 64;
  void* p = std::aligned_alloc(64, rounded);
  if (!p) throw Error(ErrorKind::runtime, "out of memory: " + std::to_string(rounded) + " bytes were asked for");
  std::memset(p, 0, rounded);
  return {static_cast<std::byte*>(p), [](std::byte* q) { std::free(q); }};
}

template <class T>
constexpr bool holds(DType t) {
  if constexpr (std::is_same_v<T, std::uint16_t>) return t == DType::bfloat16 || t == DType::float16;
  else return t == dtype_of<T>;
}

}  // namespace

Tensor::Tensor(DType dtype, std::vector<std::int64_t> shape)
    : dtype_(dtype), shape_(std::move(shape)), elements_(checked_elements(shape_)),
      data_(allocate(dtype, static_cast<std::size_t>(elements_))) {}

template <class T>
Tensor Tensor::of(std::vector<std::int64_t> shape, std::span<const T> values) {
  Tensor t(dtype_of<T>, std::move(shape));
  if (static_cast<std::int64_t>(values.size()) != t.elements_)
    throw Error(ErrorKind::data, std::to_string(values.size()) + " values do not fill a tensor " + t.str());
  std::copy(values.begin(), values.end(), t.template values<T>().begin());
  return t;
}

Tensor Tensor::view(DType dtype, std::vector<std::int64_t> shape, std::shared_ptr<void> owner, void* data) {
  Tensor t;
  t.dtype_ = dtype;
  t.shape_ = std::move(shape);
  t.elements_ = checked_elements(t.shape_);
  t.data_ = std::shared_ptr<std::byte>(std::move(owner), static_cast<std::byte*>(data));
  return t;
}

template <class T>
std::span<T> Tensor::values() {
  if (!holds<T>(dtype_)) throw Error(ErrorKind::runtime, "a tensor " + str() + " was read as another element type");
  return {reinterpret_cast<T*>(data_.get()), static_cast<std::size_t>(elements_)};
}
template <class T>
std::span<const T> Tensor::values() const { return const_cast<Tensor*>(this)->values<T>(); }

#define STRATA_ELEMENT(T)                            \
  template std::span<T> Tensor::values<T>();         \
  template std::span<const T> Tensor::values<T>() const;
STRATA_ELEMENT(float) STRATA_ELEMENT(double) STRATA_ELEMENT(std::int32_t) STRATA_ELEMENT(std::int64_t)
STRATA_ELEMENT(std::uint8_t) STRATA_ELEMENT(bool) STRATA_ELEMENT(std::uint16_t) STRATA_ELEMENT(std::string)
#undef STRATA_ELEMENT
template Tensor Tensor::of(std::vector<std::int64_t>, std::span<const float>);
template Tensor Tensor::of(std::vector<std::int64_t>, std::span<const double>);
template Tensor Tensor::of(std::vector<std::int64_t>, std::span<const std::int32_t>);
template Tensor Tensor::of(std::vector<std::int64_t>, std::span<const std::int64_t>);
template Tensor Tensor::of(std::vector<std::int64_t>, std::span<const std::uint8_t>);
template Tensor Tensor::of(std::vector<std::int64_t>, std::span<const bool>);
template Tensor Tensor::of(std::vector<std::int64_t>, std::span<const std::string>);

namespace {

[[noreturn]] void refuse_text(const Tensor& t) {
  throw Error(ErrorKind::data, "a tensor " + t.str() + " holds texts where numbers are needed",
              "texts become numbers in TextVectorization or StringLookup");
}

}  // namespace

Tensor Tensor::clone() const {
  if (!data_) return {};
  Tensor t(dtype_, shape_);
  if (dtype_ == DType::string) std::copy_n(values<std::string>().begin(), elements_, t.values<std::string>().begin());
  else if (bytes()) std::memcpy(t.data(), data(), bytes());
  return t;
}

double Tensor::at(std::int64_t i) const {
  const std::byte* p = data_.get() + static_cast<std::size_t>(i) * size_of(dtype_);
  switch (dtype_) {
    case DType::float32: return *reinterpret_cast<const float*>(p);
    case DType::float64: return *reinterpret_cast<const double*>(p);
    case DType::bfloat16: return bfloat16_to_float(*reinterpret_cast<const std::uint16_t*>(p));
    case DType::float16: return float16_to_float(*reinterpret_cast<const std::uint16_t*>(p));
    case DType::int32: return *reinterpret_cast<const std::int32_t*>(p);
    case DType::int64: return static_cast<double>(*reinterpret_cast<const std::int64_t*>(p));
    case DType::uint8: return *reinterpret_cast<const std::uint8_t*>(p);
    case DType::boolean: return *reinterpret_cast<const std::uint8_t*>(p);
    case DType::string: refuse_text(*this);
  }
  return 0;
}

void Tensor::set(std::int64_t i, double v) {
  std::byte* p = data_.get() + static_cast<std::size_t>(i) * size_of(dtype_);
  switch (dtype_) {
    case DType::float32: *reinterpret_cast<float*>(p) = static_cast<float>(v); break;
    case DType::float64: *reinterpret_cast<double*>(p) = v; break;
    case DType::bfloat16: *reinterpret_cast<std::uint16_t*>(p) = float_to_bfloat16(static_cast<float>(v)); break;
    case DType::float16: *reinterpret_cast<std::uint16_t*>(p) = float_to_float16(static_cast<float>(v)); break;
    case DType::int32: *reinterpret_cast<std::int32_t*>(p) = static_cast<std::int32_t>(v); break;
    case DType::int64: *reinterpret_cast<std::int64_t*>(p) = static_cast<std::int64_t>(v); break;
    case DType::uint8: *reinterpret_cast<std::uint8_t*>(p) = static_cast<std::uint8_t>(v); break;
    case DType::boolean: *reinterpret_cast<std::uint8_t*>(p) = v != 0; break;
    case DType::string: refuse_text(*this);
  }
}

Tensor Tensor::astype(DType dtype) const {
  if (dtype == dtype_) return *this;
  if (dtype == DType::string)
    throw Error(ErrorKind::data, "a tensor " + str() + " holds numbers where texts are needed");
  if (dtype_ == DType::string) refuse_text(*this);
  Tensor t(dtype, shape_);
  if (dtype_ == DType::float64 && dtype == DType::float32) {  // every initial weight comes this way
    std::ranges::copy(values<double>(), t.values<float>().begin());
    return t;
  }
  if (!is_floating(dtype) && !is_floating(dtype_)) {  // integers go past double, which holds only 53 bits
    const auto read = [&](std::int64_t i) -> std::int64_t {
      return dtype_ == DType::int64 ? values<std::int64_t>()[i] : static_cast<std::int64_t>(at(i));
    };
    for (std::int64_t i = 0; i < elements_; ++i) {
      if (dtype == DType::int64) t.values<std::int64_t>()[i] = read(i);
      else t.set(i, static_cast<double>(read(i)));
    }
    return t;
  }
  for (std::int64_t i = 0; i < elements_; ++i) t.set(i, at(i));
  return t;
}

Tensor Tensor::reshape(std::vector<std::int64_t> shape) const {
  Tensor t = *this;
  t.shape_ = std::move(shape);
  if (checked_elements(t.shape_) != elements_)
    throw Error(ErrorKind::data, "a tensor " + str() + " cannot take the shape " + Shape::of(t.shape_).str());
  return t;
}

Tensor Tensor::rows(std::int64_t first, std::int64_t last) const {
  if (rank() == 0 || first < 0 || last < first || last > shape_[0])
    throw Error(ErrorKind::data, "rows " + std::to_string(first) + " to " + std::to_string(last) + " are not in a tensor " + str());
  Tensor t = *this;
  t.shape_[0] = last - first;
  t.elements_ = checked_elements(t.shape_);
  const std::size_t row_bytes = shape_[0] ? bytes() / static_cast<std::size_t>(shape_[0]) : 0;
  t.data_ = std::shared_ptr<std::byte>(data_, data_.get() + static_cast<std::size_t>(first) * row_bytes);
  return t;
}

Tensor Tensor::rows(std::span<const std::int64_t> order) const {
  std::vector<std::int64_t> shape = shape_;
  shape[0] = static_cast<std::int64_t>(order.size());
  Tensor t(dtype_, std::move(shape));
  const std::int64_t row = shape_[0] ? elements_ / shape_[0] : 0;
  const std::size_t row_bytes = static_cast<std::size_t>(row) * size_of(dtype_);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (dtype_ == DType::string) std::copy_n(values<std::string>().begin() + order[i] * row, row, t.values<std::string>().begin() + static_cast<std::int64_t>(i) * row);
    else std::memcpy(t.data_.get() + i * row_bytes, data_.get() + static_cast<std::size_t>(order[i]) * row_bytes, row_bytes);
  }
  return t;
}

std::string Tensor::str() const { return std::string(name_of(dtype_)) + " " + Shape::of(shape_).str(); }

bool same_bytes(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::string) {
    const auto x = a.values<std::string>(), y = b.values<std::string>();
    return std::equal(x.begin(), x.end(), y.begin(), y.end());
  }
  return std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

}  // namespace strata
