// What the elementwise merges share: operands of one rank whose axes agree or are 1, and one mask.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <strata/layer.h>

namespace strata {

// `xs` with axes of 1 after the batch where one has fewer axes than another.
inline std::vector<Value> aligned(const std::string& layer, std::vector<Value> xs) {
  if (xs.empty()) throw Error(ErrorKind::spec, layer + " takes at least one input");
  int rank = 0;
  for (const Value& x : xs) rank = std::max(rank, x.rank());
  for (Value& x : xs)
    while (x.rank() < rank) x = expand_dims(x, std::min(1, x.rank()));
  for (int i = 0; i < rank; ++i)
    for (const Value& x : xs) {
      const Dim &a = xs.front().dim(i), &b = x.dim(i);
      if (a != b && a.is_known() && b.is_known() && a != Dim(1) && b != Dim(1))
        throw Error(ErrorKind::spec, layer + ": its inputs " + xs.front().shape().str() + " and " + x.shape().str() + " differ in axis " +
                                         std::to_string(i) + ", " + a.str() + " and " + b.str(),
                    "inputs must agree in every axis, or be 1 there");
    }
  return xs;
}

// combine(combine(x0, x1), x2)... Where every input has a mask, the output's is true where any of them is.
template <class F>
Value merged(Scope& s, const std::string& layer, const std::vector<Value>& inputs, F combine) {
  const std::vector<Value> xs = aligned(layer, inputs);
  Value y = xs.front();
  for (std::size_t i = 1; i < xs.size(); ++i) y = combine(y, xs[i]);
  Value mask = s.mask(inputs.front());
  for (std::size_t i = 1; i < inputs.size() && mask; ++i) {
    const Value other = s.mask(inputs[i]);
    mask = other ? logical_or(mask, other) : Value();
  }
  s.set_mask(y, mask);
  return y;
}

}  // namespace strata
