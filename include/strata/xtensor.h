// Tensors as xtensor's arrays and back, for programs that compute with xtensor (Debian and Ubuntu: libxtensor-dev). The one
// public header that needs another library.
//
//     auto x = as_xtensor<float>(images);            // no copy: (N, 28, 28, 1)
//     x -= xt::mean(x)();
//     model.fit(images, tensor_of(xt::argmax(scores, 1)));
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>

#include <strata/tensor.h>

namespace strata {

// The elements of `t`, under its shape, which must outlive it; an Error where T is not the type of its elements.
template <class T>
auto as_xtensor(Tensor& t) {
  const std::span<T> values = t.values<T>();
  return xt::adapt(values.data(), values.size(), xt::no_ownership(), std::vector<std::size_t>(t.shape().begin(), t.shape().end()));
}
template <class T>
auto as_xtensor(const Tensor& t) {
  const std::span<const T> values = t.values<T>();
  return xt::adapt(values.data(), values.size(), xt::no_ownership(), std::vector<std::size_t>(t.shape().begin(), t.shape().end()));
}

// What an array or an expression holds, computed and copied. Elements are bool, uint8, int32, int64, float or double; other
// integers become int64.
template <class E>
Tensor tensor_of(const xt::xexpression<E>& expression) {
  using Given = std::decay_t<typename E::value_type>;
  constexpr bool kept = std::is_floating_point_v<Given> || std::is_same_v<Given, bool> || std::is_same_v<Given, std::uint8_t> ||
                        std::is_same_v<Given, std::int32_t>;
  using T = std::conditional_t<kept, Given, std::int64_t>;
  const xt::xarray<T, xt::layout_type::row_major> array = xt::cast<T>(expression.derived_cast());
  return Tensor::of<T>({array.shape().begin(), array.shape().end()}, std::span<const T>(array.data(), array.size()));
}

}  // namespace strata
