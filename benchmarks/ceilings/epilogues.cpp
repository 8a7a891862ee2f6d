// mlp at batch 128, as Strata and most others multiply it: row-major y = x w is column-major y^T = w^T x^T, so m is a layer's units
// and n the batch. Back: the input's gradient w dy^T, the weights' dy^T x.
#include "benchmarks/ceilings/ceilings.h"
#include "benchmarks/ceilings/product.h"

namespace strata::ceilings {
namespace {

struct Shape {
  const char* name;
  Product product;
  std::vector<std::pair<const char*, cublasLtEpilogue_t>> epilogues;
};

constexpr int batch = 128;

const std::vector<Shape>& shapes() {
  const std::pair<const char*, cublasLtEpilogue_t> alone{"alone", CUBLASLT_EPILOGUE_DEFAULT}, bias{"bias", CUBLASLT_EPILOGUE_BIAS},
      relu{"bias, relu", CUBLASLT_EPILOGUE_RELU_BIAS}, masked{"bias, relu, mask kept", CUBLASLT_EPILOGUE_RELU_AUX_BIAS},
      drelu{"relu's gradient", CUBLASLT_EPILOGUE_DRELU}, both{"relu's and bias' gradients", CUBLASLT_EPILOGUE_DRELU_BGRAD},
      sum{"bias' gradient", CUBLASLT_EPILOGUE_BGRADA};
  static const std::vector<Shape> all = {
      {"784 to 512", {.m = 512, .n = batch, .k = 784}, {alone, bias, relu, masked}},
      {"512 to 512", {.m = 512, .n = batch, .k = 512}, {alone, bias, relu, masked}},
      {"512 to 10", {.m = 10, .n = batch, .k = 512}, {alone, bias}},
      {"512 to 10, to the input", {.m = 512, .n = batch, .k = 10, .transpose_a = true}, {alone, drelu, both}},
      {"512 to 512, to the input", {.m = 512, .n = batch, .k = 512, .transpose_a = true}, {alone, drelu, both}},
      {"784 to 512, to the weights", {.m = 512, .n = 784, .k = batch, .transpose_b = true}, {alone, sum}},
      {"512 to 512, to the weights", {.m = 512, .n = 512, .k = batch, .transpose_b = true}, {alone, sum}},
  };
  return all;
}

}  // namespace

Json epilogues_us() {
  Json all;
  for (const Precision p : precisions)
    for (const Shape& s : shapes())
      for (const auto& [name, epilogue] : s.epilogues) {
        Product product = s.product;
        product.precision = p;
        product.epilogue = epilogue;
        const auto us = product_us(product);
        all[name_of(p)][s.name][name] = us ? Json(*us) : Json("no algorithm");
      }
  return all;
}

}  // namespace strata::ceilings
