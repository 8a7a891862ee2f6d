// How a weight begins.
#pragma once

#include <strata/component.h>
#include <strata/random.h>
#include <strata/tensor.h>

namespace strata {

// A struct is an initializer when it has a schema and `Tensor call(const std::vector<int64_t>& shape, const RandomStream&)
// const` that gives float64 elements. The stream is that of the weight's path; an initializer's own seed replaces its seed.
class Initializer : public Component<Initializer> {
 public:
  static constexpr std::string_view kind = "initializer";
  struct Functions { Tensor (*call)(const void* self, const std::vector<std::int64_t>& shape, const RandomStream& random); };
  template <class T> static Functions functions_of() {
    return {[](const void* self, const std::vector<std::int64_t>& shape, const RandomStream& random) {
      return static_cast<const T*>(self)->call(shape, random);
    }};
  }
  using Component::Component;
  Tensor operator()(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    return functions().call(object_.get(), shape, random);
  }
};

// A float64 tensor whose element i, in row-major order, is f(i).
template <class F>
Tensor filled(const std::vector<std::int64_t>& shape, F f) {
  Tensor result(DType::float64, shape);
  const auto values = result.values<double>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = f(static_cast<std::uint64_t>(i));
  return result;
}

}  // namespace strata

#include <strata/bundled/initializer.h>
