// Anchors and the makers of their kernels, best first; here those whose kernels are Strata's own source. On a host that stands for a
// device they run as they are written (tests/cuda/emulator).
#pragma once

#include <string_view>
#include <vector>

#include "backend/cuda/maker.h"

namespace strata::cuda {

struct Named {
  std::string_view kernel;
  Maker maker;
};
struct Anchor {
  std::string_view op;
  std::vector<Named> makers;
};

inline const std::vector<Anchor>& own_kernels() {
  static const std::vector<Anchor> list = {
      {"reduce_sum", {{"reduction", reduction}}},
      {"reduce_max", {{"reduction", reduction}}},
      {"reduce_min", {{"reduction", reduction}}},
      {"argmax", {{"argmax", index_of_extreme}}},
      {"argmin", {{"argmin", index_of_extreme}}},
      {"softmax", {{"softmax", softmax}}},
      {"log_softmax", {{"softmax", softmax}}},
      {"softmax_gradient", {{"softmax", softmax_gradient}}},
      {"log_softmax_gradient", {{"softmax", softmax_gradient}}},
      {"sparse_softmax_cross_entropy", {{"cross_entropy", cross_entropy}}},
      {"softmax_cross_entropy", {{"cross_entropy", cross_entropy}}},
      {"sparse_softmax_cross_entropy_gradient", {{"cross_entropy", cross_entropy_gradient}}},
      {"softmax_cross_entropy_gradient", {{"cross_entropy", cross_entropy_gradient}}},
      {"batch_norm", {{"normalization", batch_norm}}},
      {"batch_norm_gradient", {{"normalization", batch_norm_gradient}}},
      {"layer_norm", {{"normalization", layer_norm}}},
      {"layer_norm_gradient", {{"normalization", layer_norm_gradient}}},
      {"max_pool", {{"pooling", max_pool}}},
      {"max_pool_gradient", {{"pooling", max_pool_gradient}}},
      {"average_pool", {{"pooling", average_pool}}},
      {"average_pool_gradient", {{"pooling", average_pool_gradient}}},
      {"random_uniform", {{"random", random}}},
      {"random_normal", {{"random", random}}},
      {"dropout", {{"random", dropout}}},
  };
  return list;
}

}  // namespace strata::cuda
