#pragma once

#include <string>
#include <vector>

#include <strata/layer.h>

namespace strata {

struct Concatenate {
  std::int64_t axis = -1;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Concatenate>("Concatenate", "Its inputs one after the other along an axis.",
        field("axis", &Concatenate::axis, "The axis that grows; the batch is axis 0."),
        activity_field<Concatenate>(), layer_fields<Concatenate>());
  }

  Value call(Scope& s, const std::vector<Value>& xs) const {
    if (xs.empty()) throw Error(ErrorKind::spec, "Concatenate takes at least one input");
    const int rank = xs.front().rank();
    const auto a = static_cast<int>(axis < 0 ? axis + rank : axis);
    if (a < 0 || a >= rank)
      throw Error(ErrorKind::spec, "Concatenate: axis " + std::to_string(axis) + " is outside its input " + xs.front().shape().str());
    for (const Value& x : xs) check_fits(xs.front(), x, a);
    const Value y = concatenate(xs, a);
    s.set_mask(y, joined_mask(s, xs, a));
    return y;
  }

 private:
  static void check_fits(Value first, Value x, int a) {
    bool fits = first.rank() == x.rank();
    for (int i = 0; fits && i < x.rank(); ++i)
      fits = i == a || first.dim(i) == x.dim(i) || !first.dim(i).is_known() || !x.dim(i).is_known();
    if (!fits)
      throw Error(ErrorKind::spec, "Concatenate: its inputs " + first.shape().str() + " and " + x.shape().str() + " differ in more than axis " +
                                       std::to_string(a), "choose another axis, or bring the inputs to one shape in the other axes");
  }

  // Every mask as wide as its input, put together as the inputs are; a step stays where any of its features is there.
  static Value joined_mask(Scope& s, const std::vector<Value>& xs, int a) {
    std::vector<Value> masks;
    bool some = false;
    for (const Value& x : xs) {
      const Value m = s.mask(x);
      some = some || m;
      if (!m) masks.push_back(full(x, x.shape(), 1, DType::boolean));
      else masks.push_back(m.rank() < x.rank() ? broadcast_to(expand_dims(m, -1), x.shape()) : m);
    }
    return some ? reduce_any(concatenate(masks, a), Axes{-1}) : Value();
  }
};

}  // namespace strata
