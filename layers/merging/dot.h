#pragma once

#include <string>
#include <vector>

#include <strata/layers/normalization/statistics.h>

namespace strata {

// x (N, ..., k, ...) and y (N, ..., k, ...) -> (N, the rest of x, the rest of y), summed over the axis k of each sample; (N, 1)
// where nothing else is left.
struct Dot {
  Required<Sizes<2>> axes = unset;
  bool normalize = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Dot>("Dot", "The dot product of its two inputs, sample by sample.",
        field("axes", &Dot::axes, "The axis that is summed over, of both inputs or of each: [first, second]. The batch is axis 0."),
        field("normalize", &Dot::normalize, "Whether both are brought to length 1 along that axis: the cosine."),
        activity_field<Dot>(), layer_fields<Dot>());
  }

  Value call(Scope&, const std::vector<Value>& xs) const {
    if (xs.size() != 2) throw Error(ErrorKind::spec, "Dot takes two inputs, " + std::to_string(xs.size()) + " are given");
    const int a = axis_of(xs[0], (*axes)[0]), b = axis_of(xs[1], (*axes)[1]);
    const Dim &m = xs[0].dim(a), &n = xs[1].dim(b);
    if (m != n && m.is_known() && n.is_known())
      throw Error(ErrorKind::spec, "Dot: axis " + std::to_string(a) + " of its input " + xs[0].shape().str() + " and axis " +
                                       std::to_string(b) + " of " + xs[1].shape().str() + " differ, " + m.str() + " and " + n.str());
    const Value x = normalize ? unit_vectors(xs[0], {a}, 1e-7) : xs[0], y = normalize ? unit_vectors(xs[1], {b}, 1e-7) : xs[1];
    // N is the batch, K the axis that is summed over.
    std::string left = "N", right = "N", rest = "N";
    char letter = 'a';
    const auto name = [&](std::string& of, int rank, int summed) {
      for (int i = 1; i < rank; ++i)
        if (i == summed) of += 'K';
        else rest += letter, of += letter++;
    };
    name(left, x.rank(), a);
    name(right, y.rank(), b);
    const Value dots = einsum(left + "," + right + "->" + rest, x, y);
    return dots.rank() == 1 ? expand_dims(dots, 1) : dots;
  }

 private:
  static int axis_of(Value x, std::int64_t axis) {
    const int a = sorted_axes("Dot", {axis}, x).front();
    if (a == 0) throw Error(ErrorKind::spec, "Dot: axis 0 of its input " + x.shape().str() + " is the batch, which stays", "name another axis");
    return a;
  }
};

}  // namespace strata
