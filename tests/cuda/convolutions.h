// Convolutions with numbers to run them on.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/cuda/regions.h"

namespace strata {

// Those of the examples, and their gradients, that the backend is asked for: with filters first.
inline std::vector<RegionCase> convolution_cases(DType t) {
  std::vector<RegionCase> cases = node_cases(t, [](std::string_view op) { return op.starts_with("convolution"); });
  std::erase_if(cases, [](const RegionCase& c) { return !c.region.ops[0].attributes->flag("filters_first"); });
  return cases;
}

// What follows a convolution: y = relu(y + bias + sum), or less of that.
struct Epilogue { bool bias = false, sum = false, relu = false; };
inline std::vector<Epilogue> all_epilogues() {
  std::vector<Epilogue> all;
  for (const bool with_relu : {false, true})
    for (const bool sum : {false, true})
      for (const bool bias : {false, true}) all.push_back({bias, sum, with_relu});
  return all;
}

// x (8, 12, 12, channels) by 20 filters of 3 x 3; its inputs are "x", "k", then "b" and "s" where they are added.
inline RegionCase convolution_case(std::int64_t channels, std::int64_t stride, PaddingMode padding, const Epilogue& epilogue = {}) {
  auto graph = std::make_shared<Graph>();
  std::map<std::string, Tensor> values;
  const auto in = [&](const std::string& name, Shape shape) {
    const TensorType type{DType::float32, std::move(shape)};
    values[name] = example_tensor({type}, values.size() + 1);
    return graph->input(name, type);
  };
  const Value x = in("x", {8, 12, 12, channels}), k = in("k", {20, 3, 3, channels});
  using Integers = std::vector<std::int64_t>;
  Value y = graph->add("convolution", {x, k},
                       {{"strides", Integers{stride, stride}}, {"dilation", Integers{1, 1}}, {"padding", std::string(padding == PaddingMode::same ? "same" : "valid")},
                        {"groups", std::int64_t{1}}, {"filters_first", std::int64_t{1}}});
  if (epilogue.bias) y = y + in("b", {20});
  if (epilogue.sum) y = y + in("s", y.shape());
  if (epilogue.relu) y = relu(y);
  graph->outputs = {port(y)};
  return case_of("convolution and what follows", graph, values);
}

}  // namespace strata
