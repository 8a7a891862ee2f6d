#pragma once

#include <strata/layer.h>

namespace strata {

// x (N, ...) -> (N, target_shape).
struct Reshape {
  Required<Shape> target_shape = unset;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Reshape>("Reshape", "The same elements under another shape; the batch axis stays.",
        field("target_shape", &Reshape::target_shape, "Shape without the batch axis; one axis may be -1: what is left."),
        activity_field<Reshape>(), layer_fields<Reshape>());
  }

  Value call(Scope&, Value x) const {
    const Dim n = x.shape().slice(1, x.rank()).elements();
    Shape target = *target_shape;
    Dim known = 1;
    int open = -1;
    for (int i = 0; i < target.rank(); ++i) {
      if (target[i].is_known() && target[i].value() >= 0) known = known * target[i];
      else if (open < 0) open = i;
      else throw Error(ErrorKind::spec, "Reshape: target_shape " + text() + " leaves two axes open", "give one of them a number");
    }
    if (open >= 0) target[open] = floor_div(n, known == Dim(0) ? Dim(1) : known);
    if (n.is_known() && target.elements() != n)
      throw Error(ErrorKind::spec, "Reshape: target_shape " + text() + (open >= 0 ? " takes a multiple of " : " takes ") + known.str() +
                                       " elements, its input " + x.shape().str() + " has " + n.str(),
                  "choose axes whose product is " + n.str());
    return reshape(x, Shape{x.dim(0)} + target);
  }

 private:
  std::string text() const {
    std::string s;
    for (const Dim& d : *target_shape) s += (s.empty() ? "(" : ", ") + (d.is_known() ? d.str() : "None");
    return (s.empty() ? "(" : s) + (target_shape->rank() == 1 ? ",)" : ")");
  }
};

}  // namespace strata
