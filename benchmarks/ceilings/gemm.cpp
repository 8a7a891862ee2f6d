#include <string>

#include "benchmarks/ceilings/ceilings.h"
#include "benchmarks/ceilings/product.h"

namespace strata::ceilings {

Json gemm_tflop_s() {
  Json all;
  for (const Precision p : precisions)
    for (const int size : {1024, 8192})
      if (const auto us = product_us({.m = size, .n = size, .k = size, .precision = p}))
        all[name_of(p)][std::to_string(size)] = 2.0 * size * size * size / *us * 1e-6;
  return all;
}

}  // namespace strata::ceilings
